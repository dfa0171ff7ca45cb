import { expect, it } from 'vitest';
import { benchAuditExport, formatAuditExport } from './audit-export.js';
import { parseAuditExportOptions } from './options.js';

it('exports few and many entries in each format, whole', { timeout: 120_000 }, async () => {
  const report = await benchAuditExport({ entries: 10_000, json: true }, () => {});
  expect(report).toMatchObject({ errors: [], ok: true });
  expect(report.rows.map(({ format }) => format)).toEqual(['csv', 'ndjson', 'csv', 'ndjson']);
  for (const [i, row] of report.rows.entries()) {
    expect(row.entries).toBeGreaterThanOrEqual(i < 2 ? 1_000 : 10_000);
    expect(row.entries_per_second).toBeCloseTo(row.entries / row.seconds);
    expect(row.peak_mib).toBeGreaterThanOrEqual(row.idle_mib);
  }
  expect(formatAuditExport(report)).toMatch(/csv +10\d{2} /);
});

it('exports a million entries when nothing is said', () => {
  expect(parseAuditExportOptions([])).toEqual({ entries: 1_000_000, json: false });
  expect(() => parseAuditExportOptions(['--entries', 'all'])).toThrow(/--entries must be a whole number/);
});
