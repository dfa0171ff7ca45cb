import { expect, it } from 'vitest';
import { bench } from './bench.js';
import { formatReport } from './report.js';

const TINY = { seconds: 1, connections: 4, tenants: 3, sessions: 30, json: true, profile: undefined, given: undefined };

it('measures every phase on its own server, without errors and without an over-issued seat', async () => {
  const report = await bench(TINY, () => {});

  expect(report.errors).toEqual({});
  expect(report.over_issue.found).toEqual([]);
  expect(report.over_issue.looks_at_rows).toBeGreaterThan(1);
  expect(report.ok).toBe(true);

  expect(report.phases.map((phase) => phase.name)).toEqual([
    'hello',
    'heartbeat',
    'acquire',
    're-acquire',
    'contended',
    'release',
  ]);
  for (const phase of report.phases) {
    expect(phase.requests).toBeGreaterThan(0);
    expect(phase.errors).toBe(0);
    expect(phase.rate).toBeCloseTo(phase.requests / phase.seconds);
    expect(phase.p50_ms).toBeGreaterThan(0);
    expect(phase.p95_ms).toBeGreaterThanOrEqual(phase.p50_ms);
    expect(phase.p99_ms).toBeGreaterThanOrEqual(phase.p95_ms);
    expect(phase.cpu_ms.client).toBeGreaterThan(0);
  }
  expect(report.phases.every((phase) => 'api' in phase.cpu_ms)).toBe(process.platform === 'linux');

  expect(report.rsa_4096.rate).toBeGreaterThan(0);
  for (const ratio of [report.heartbeat_over_hello, report.acquire_over_rsa_4096]) {
    expect(ratio.min).toBeGreaterThan(0);
    expect(ratio.median).toBeGreaterThanOrEqual(ratio.min);
    expect(ratio.max).toBeGreaterThanOrEqual(ratio.median);
  }
  // Seats ran out and came back. So the watch could have found an over-issue.
  expect(report.contended.denials).toBeGreaterThan(0);
  expect(report.contended.releases).toBeGreaterThan(0);
  expect(report.contended.grants).toBeGreaterThan(report.contended.releases - 1);

  const text = formatReport(report);
  for (const phase of report.phases) expect(text).toContain(phase.name);
  expect(text).toMatch(/heartbeat over hello +\d\.\d\d \(/);
  expect(text).toMatch(/over-issued seats +none/);
});
