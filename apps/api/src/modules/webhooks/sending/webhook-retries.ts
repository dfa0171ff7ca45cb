import { randomInt } from 'node:crypto';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY_MS = 24 * HOUR * 1000;

/** Seconds to wait after the first failed attempt, the second, and so on (the example schedule of Standard Webhooks
 *  1.0). */
const WAITS_SECONDS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** Waits are longer by up to this share, so that deliveries that failed together are not retried together. */
const JITTER = 0.1;

const FAILURES_TO_DISABLE = 20;

/** Returns the wait after failed attempt number `attempts`, in ms; undefined if it was the last one.
 *  @param askedMs the wait that the endpoint asked for: used if it is longer, up to a day */
export function retryDelayMs(attempts: number, askedMs = 0): number | undefined {
  const seconds = WAITS_SECONDS[attempts - 1];
  if (seconds === undefined) return undefined;
  const jitterMs = randomInt(Math.round(seconds * 1000 * JITTER));
  return Math.max(seconds * 1000 + jitterMs, Math.min(askedMs, DAY_MS));
}

/** Parses `Retry-After` (RFC 9110, section 10.2.3): seconds or a date. Returns ms; undefined for anything else. */
export function retryAfterMs(field: string, now: Date): number | undefined {
  if (/^\d{1,10}$/.test(field)) return Number(field) * 1000;
  const date = /^[A-Z][a-z]{2}, .* GMT$/.test(field) ? Date.parse(field) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** Whether an endpoint has failed often enough and long enough in a row to be disabled: 20 times and over more than a
 *  day. */
export function hasFailedForGood(failures: number, since: Date, now: Date): boolean {
  return failures >= FAILURES_TO_DISABLE && now.getTime() - since.getTime() > DAY_MS;
}
