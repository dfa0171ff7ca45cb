import { expect, it } from 'vitest';
import { backgroundJobs, benchBackground, formatBackground } from './background.js';
import { parseBackgroundOptions } from './options.js';

it('measures each job at three sizes, and each job does all its work', { timeout: 240_000 }, async () => {
  const report = await benchBackground({ tenants: 5, sessions: 10, json: true }, () => {});
  expect(report.errors).toEqual([]);
  expect(report.ok).toBe(true);
  for (const name of [...backgroundJobs, 'metrics']) {
    const rows = report.rows.filter((row) => row.name === name);
    // One session of each tenant was recorded as expired at each smaller size.
    expect(rows.map(({ tenants, sessions }) => [tenants, sessions])).toEqual([
      [1, 10],
      [2, 19],
      [5, 47],
    ]);
    for (const row of rows) {
      expect(row.seconds).toBeGreaterThan(0);
      expect(row.us_per_session).toBeCloseTo((row.seconds * 1e6) / row.sessions);
      expect(row.growth).toBeGreaterThan(0);
      expect(row.peak_mib).toBeGreaterThanOrEqual(row.idle_mib);
    }
    expect(rows[0]!.growth).toBe(1);
  }
  expect(formatBackground(report)).toMatch(/usage-sample +5 +47 /);
});

it('measures a million license sessions by default', () => {
  expect(parseBackgroundOptions([])).toEqual({ tenants: 1000, sessions: 1000, json: false });
});

it.each([
  [['--tenants', '4'], /--tenants must be a whole number from 5 to 10000/],
  [['--sessions', 'all'], /--sessions/],
  [['--seconds', '1'], /--seconds/],
])('refuses %j in one line', (args, message) => {
  expect(() => parseBackgroundOptions(args)).toThrow(message);
});
