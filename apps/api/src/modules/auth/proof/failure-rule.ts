/** How failures are answered. Counting begins anew when the window, which the first failure opens, is over. Times in ms. */
export interface FailureRule {
  /** This many failures cost nothing; from then on each has to be waited for. */
  free: number;
  /** Until then this many attempts, together with the failures so far, may be under way at once; afterwards one. */
  atOnce: number;
  /** The first wait; it doubles with each further failure, up to the longest. */
  waitMs: number;
  longestWaitMs: number;
  windowMs: number;
}

/** The failures of one key, and its attempts under way: plain JSON, so that Redis can hold it. Times in ms. */
export interface Counter {
  failures: number;
  /** The time of the last failure, and of the one that opened the window. */
  last: number;
  since: number;
  /** When each attempt that is under way began, by the id of the attempt. */
  attempts: Record<string, number>;
}

export const NO_FAILURES: Counter = { failures: 0, last: 0, since: 0, attempts: {} };

/** After this time an attempt is no longer under way: its process died. Far longer than checking a password takes. */
const ATTEMPT_MS = 60_000;
/** The wait of an attempt that came while too many others were under way. */
const CROWDED_MS = 1_000;

/** How long an attempt has to wait before it may begin, in ms; 0 when it may begin now. */
export function waitOf(stored: Counter, rule: FailureRule, now: number): number {
  const { failures, last, attempts } = current(stored, rule, now);
  const underWay = Object.keys(attempts).length;
  if (failures < rule.free) return failures + underWay < rule.atOnce ? 0 : CROWDED_MS;
  const ends = last + Math.min(rule.waitMs * 2 ** (failures - rule.free), rule.longestWaitMs);
  if (now < ends) return ends - now;
  return underWay > 0 ? CROWDED_MS : 0;
}

/** The counter once the attempt has begun. */
export function begun(stored: Counter, rule: FailureRule, id: string, now: number): Counter {
  const counter = current(stored, rule, now);
  return { ...counter, attempts: { ...counter.attempts, [id]: now } };
}

/** The counter once the attempt has ended. */
export function ended(stored: Counter, rule: FailureRule, id: string, failed: boolean, now: number): Counter {
  const counter = current(stored, rule, now);
  const { [id]: _, ...attempts } = counter.attempts;
  return failed ? { ...counter, failures: counter.failures + 1, last: now, attempts } : { ...counter, attempts };
}

/** The counter without its failures. Attempts under way stay so. */
export function cleared({ attempts }: Counter): Counter {
  return { ...NO_FAILURES, attempts };
}

/** Whether there is nothing to keep. */
export function isEmpty({ failures, attempts }: Counter): boolean {
  return failures === 0 && Object.keys(attempts).length === 0;
}

/** How long a counter has to be kept after a change, in ms. */
export function lifetimeMs({ failures }: Counter, windowMs: number): number {
  return failures > 0 ? windowMs : ATTEMPT_MS;
}

/** The counter without failures of a window that is over, and without attempts of processes that died. */
function current({ failures, last, since, attempts: all }: Counter, { windowMs }: FailureRule, now: number): Counter {
  const attempts = Object.fromEntries(Object.entries(all).filter(([, began]) => now < began + ATTEMPT_MS));
  if (failures === 0 || now >= since + windowMs) return { failures: 0, last: 0, since: now, attempts };
  return { failures, last, since, attempts };
}
