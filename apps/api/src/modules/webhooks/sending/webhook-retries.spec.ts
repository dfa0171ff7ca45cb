import { describe, expect, it } from 'vitest';
import { hasFailedForGood, retryAfterMs, retryDelayMs } from './webhook-retries.js';

const SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const NOW = new Date('2026-11-22T09:30:00Z');
const HOUR_MS = 3_600_000;

describe('a failed attempt', () => {
  it.each(SECONDS.map((seconds, i) => [i + 1, seconds]))(
    'number %i is retried after %i seconds, plus up to a tenth',
    (attempts, seconds) => {
      const delays = Array.from({ length: 100 }, () => retryDelayMs(attempts)!);
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(seconds * 1000);
      expect(Math.max(...delays)).toBeLessThanOrEqual(seconds * 1100);
      expect(new Set(delays).size).toBeGreaterThan(1);
    },
  );

  it('number 10 is the last', () => expect(retryDelayMs(10)).toBeUndefined());

  it('is not retried earlier than the endpoint asked for, up to a day', () => {
    expect(retryDelayMs(1, 90_000)).toBe(90_000);
    expect(retryDelayMs(2, 1000)).toBeGreaterThanOrEqual(300_000);
    expect(retryDelayMs(1, 90 * 24 * HOUR_MS)).toBe(24 * HOUR_MS);
  });
});

describe('Retry-After', () => {
  it('is parsed as seconds or as a date', () => {
    expect(retryAfterMs('120', NOW)).toBe(120_000);
    expect(retryAfterMs('Sun, 22 Nov 2026 09:31:00 GMT', NOW)).toBe(60_000);
    expect(retryAfterMs('Sun, 22 Nov 2026 09:00:00 GMT', NOW)).toBe(0);
  });

  it.each(['', 'soon', '-5', '1.5', '99999999999', '2026-11-22'])('is ignored if it is %j', (field) =>
    expect(retryAfterMs(field, NOW)).toBeUndefined(),
  );
});

describe('an endpoint', () => {
  const since = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS);

  it('has failed for good only after both 20 failures in a row and more than 24 hours', () => {
    expect(hasFailedForGood(20, since(24.1), NOW)).toBe(true);
    expect(hasFailedForGood(19, since(48), NOW)).toBe(false);
    expect(hasFailedForGood(500, since(24), NOW)).toBe(false);
  });
});
