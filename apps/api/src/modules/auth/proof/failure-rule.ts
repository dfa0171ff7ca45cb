/** How failures are slowed down. The window opens with the first failure; when it is over, counting starts again.
 *  Times in ms. */
export interface FailureRule {
  /** This many failures cost nothing. Each further one adds a wait. */
  free: number;
  /** While failures are free, the limit of failures and running attempts together. After that only one attempt may
   *  run. */
  atOnce: number;
  /** The first wait. It doubles with each further failure, up to the longest. */
  waitMs: number;
  longestWaitMs: number;
  windowMs: number;
}

/** The failures and running attempts of one key, as plain JSON for Redis. Times in ms. */
export interface Counter {
  failures: number;
  /** The times of the last failure, and of the first in the window. */
  last: number;
  since: number;
  /** When each running attempt began, by its id. */
  attempts: Record<string, number>;
}

export const NO_FAILURES: Counter = { failures: 0, last: 0, since: 0, attempts: {} };

/** An older attempt no longer counts, because its process died. Checking a password takes far less. */
const ATTEMPT_MS = 60_000;
/** The wait while too many attempts are running. */
const CROWDED_MS = 1_000;

/** Returns how long an attempt must wait, in ms, or 0 if it may begin now. */
export function waitOf(stored: Counter, rule: FailureRule, now: number): number {
  const { failures, last, attempts } = current(stored, rule, now);
  const underWay = Object.keys(attempts).length;
  if (failures < rule.free) return failures + underWay < rule.atOnce ? 0 : CROWDED_MS;
  const ends = last + Math.min(rule.waitMs * 2 ** (failures - rule.free), rule.longestWaitMs);
  if (now < ends) return ends - now;
  return underWay > 0 ? CROWDED_MS : 0;
}

/** Returns the counter with the attempt begun. */
export function begun(stored: Counter, rule: FailureRule, id: string, now: number): Counter {
  const counter = current(stored, rule, now);
  return { ...counter, attempts: { ...counter.attempts, [id]: now } };
}

/** Returns the counter with the attempt ended. */
export function ended(stored: Counter, rule: FailureRule, id: string, failed: boolean, now: number): Counter {
  const counter = current(stored, rule, now);
  const { [id]: _, ...attempts } = counter.attempts;
  return failed ? { ...counter, failures: counter.failures + 1, last: now, attempts } : { ...counter, attempts };
}

/** Returns the counter without failures, but with running attempts. */
export function cleared({ attempts }: Counter): Counter {
  return { ...NO_FAILURES, attempts };
}

export function isEmpty({ failures, attempts }: Counter): boolean {
  return failures === 0 && Object.keys(attempts).length === 0;
}

/** Returns how long a counter must be kept after a change, in ms. */
export function lifetimeMs({ failures }: Counter, windowMs: number): number {
  return failures > 0 ? windowMs : ATTEMPT_MS;
}

/** Returns the counter without the failures of a past window, and without attempts of processes that died. */
function current({ failures, last, since, attempts: all }: Counter, { windowMs }: FailureRule, now: number): Counter {
  const attempts = Object.fromEntries(Object.entries(all).filter(([, began]) => now < began + ATTEMPT_MS));
  if (failures === 0 || now >= since + windowMs) return { failures: 0, last: 0, since: now, attempts };
  return { failures, last, since, attempts };
}
