import { randomInt } from 'node:crypto';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY_MS = 24 * HOUR * 1000;

/** Seconds to wait after the first failed attempt, the second … (the example schedule of Standard Webhooks 1.0). */
const WAITS_SECONDS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** Up to so much longer, so that what failed together does not come back together. */
const JITTER = 0.1;

const FAILURES_TO_DISABLE = 20;

/** How long to wait after the n-th attempt failed, in ms; undefined when it was the last.
 *  @param askedMs what the endpoint asked for: waited for if longer, at most a day */
export function retryDelayMs(attempts: number, askedMs = 0): number | undefined {
  const seconds = WAITS_SECONDS[attempts - 1];
  if (seconds === undefined) return undefined;
  const jitterMs = randomInt(Math.round(seconds * 1000 * JITTER));
  return Math.max(seconds * 1000 + jitterMs, Math.min(askedMs, DAY_MS));
}

/** `Retry-After` in ms (RFC 9110, section 10.2.3): seconds, or a date; undefined for anything else. */
export function retryAfterMs(field: string, now: Date): number | undefined {
  if (/^\d{1,10}$/.test(field)) return Number(field) * 1000;
  const date = /^[A-Z][a-z]{2}, .* GMT$/.test(field) ? Date.parse(field) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** Whether an endpoint has failed so often in a row, and for so long, that nobody seems to be there. */
export function hasFailedForGood(failures: number, since: Date, now: Date): boolean {
  return failures >= FAILURES_TO_DISABLE && now.getTime() - since.getTime() > DAY_MS;
}
