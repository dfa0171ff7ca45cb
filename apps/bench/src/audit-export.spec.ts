import { describe, expect, it } from 'vitest';
import { LIVE_LIMIT_MIB, benchAuditExport, faultsOf, formatAuditExport } from './audit-export.js';
import { parseAuditExportOptions } from './options.js';

it(
  'exports few and many entries in each format, completely and with the same memory',
  { timeout: 120_000 },
  async () => {
    const report = await benchAuditExport({ entries: 20_000, json: true }, () => {});
    expect(report).toMatchObject({ errors: [], ok: true });
    expect(report.rows.map(({ format }) => format)).toEqual(['csv', 'ndjson', 'csv', 'ndjson']);
    for (const [i, row] of report.rows.entries()) {
      expect(row.entries).toBeGreaterThanOrEqual(i < 2 ? 2_000 : 20_000);
      expect(row.entries_per_second).toBeCloseTo(row.entries / row.seconds);
      expect(row.peak_mib).toBeGreaterThanOrEqual(row.idle_mib);
      expect(row.live_before_mib).toBeGreaterThan(0);
      expect(row.live_mib).toBeGreaterThan(0);
    }
    // An export that held a whole file of this size in memory must fail.
    for (const { mib } of report.rows.slice(2)) expect(mib).toBeGreaterThan(LIVE_LIMIT_MIB);
    expect(formatAuditExport(report)).toMatch(/csv +20\d{2} /);
  },
);

describe('an export fails', () => {
  const row = { seconds: 1, entries_per_second: 100, mib: 1, idle_mib: 200, peak_mib: 210, live_before_mib: 90 };
  const exported = { ...row, format: 'csv', entries: 100, live_mib: 90 + LIVE_LIMIT_MIB } as const;

  it('when entries are missing', () => {
    expect(faultsOf(exported, 100)).toEqual([]);
    expect(faultsOf(exported, 101)).toEqual(['csv has 100 of 101 entries']);
  });

  it('when it holds more memory than the limit', () => {
    const live_mib = exported.live_mib + 1;
    expect(faultsOf({ ...exported, live_mib }, 100)).toEqual(['csv of 100 entries held 7.0 MiB: more than 6']);
  });
});

it('exports a million entries by default', () => {
  expect(parseAuditExportOptions([])).toEqual({ entries: 1_000_000, json: false });
  expect(() => parseAuditExportOptions(['--entries', 'all'])).toThrow(/--entries must be a whole number/);
});
