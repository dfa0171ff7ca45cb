import { keysOf } from '@coditect/api/platform/keys-of';
import type { CpuTimes } from './cpu.js';
import type { OverIssue } from './seat-watch.js';
import type { ContendedOutcomes } from './workloads.js';

export interface PhaseReport {
  name: string;
  requests: number;
  seconds: number;
  /** Requests per second. */
  rate: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  errors: number;
  /** CPU time per request in ms, of the processes that can be read. */
  cpu_ms: CpuTimes;
}

/** Ratios of two rates measured one right after the other, several times. */
export interface RatioReport {
  median: number;
  min: number;
  max: number;
  aim: number;
}

export interface BenchReport {
  node: string;
  cpus: number;
  connections: number;
  tenants: number;
  sessions: number;
  phases: PhaseReport[];
  /** RSA-4096 signatures in libuv's pool: rate per second, and CPU time of one in ms. */
  rsa_4096: { rate: number; cpu_ms: number };
  heartbeat_over_hello: RatioReport;
  /** CPU time of the API for one hello, divided by that for one heartbeat. This ratio does not depend on the load
   *  generator. It is null if CPU times cannot be read. */
  heartbeat_over_hello_by_cpu: number | null;
  acquire_over_rsa_4096: RatioReport;
  contended: ContendedOutcomes;
  /** Errors and how often each occurred, by phase. */
  errors: Record<string, number>;
  over_issue: { looks_at_rows: number; found: OverIssue[] };
  ok: boolean;
}

export function ratioOf(pairs: { rate: number; over: number }[], aim: number): RatioReport {
  const sorted = pairs.map(({ rate, over }) => rate / over).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, aim };
}

/** Formats the report for reading. */
export function formatReport(report: BenchReport): string {
  const { over_issue: overIssue, contended } = report;
  const errors = Object.entries(report.errors).map(([what, times]) => `  ${what}: ${times} times`);
  const found = overIssue.found.map(
    (o) =>
      `  license ${o.license_id}: ${o.seats_in_use} seats in use of ${o.seats_total}${o.seat_no ? `, seat ${o.seat_no} twice` : ''} (${o.shown_by})`,
  );
  return [
    `Node ${report.node}, ${report.cpus} CPUs, ${report.connections} connections, ${report.tenants} tenants, ${report.sessions} license sessions`,
    '',
    formatPhases(report.phases),
    '',
    `RSA-4096 signing alone  ${number(report.rsa_4096.rate)}/s, ${number(report.rsa_4096.cpu_ms)} ms CPU each`,
    `heartbeat over hello    ${ratio(report.heartbeat_over_hello)}${byCpu(report.heartbeat_over_hello_by_cpu)}`,
    `acquire over RSA-4096   ${ratio(report.acquire_over_rsa_4096)}`,
    `contended               ${contended.grants} grants, ${contended.denials} denials, ${contended.releases} releases`,
    `errors                  ${errors.length === 0 ? 'none' : `\n${errors.join('\n')}`}`,
    `over-issued seats       ${found.length === 0 ? `none (every answer, ${overIssue.looks_at_rows} looks at the active rows, the times in all rows)` : `\n${found.join('\n')}`}`,
  ].join('\n');
}

const CPU_COLUMNS = {
  api: 'CPU ms: API',
  api_main_thread: 'its main thread',
  postgres: 'Postgres',
  redis: 'Redis',
  client: 'load',
} as const;

/** Formats a table of phases, one per line. CPU times are per request. */
export function formatPhases(phases: PhaseReport[]): string {
  const processes = keysOf(CPU_COLUMNS);
  const head = ['', 'requests', 'per s', 'p50 ms', 'p95 ms', 'p99 ms', 'errors', ...Object.values(CPU_COLUMNS)];
  const rows = phases.map((p) => [
    p.name,
    ...[p.requests, p.rate, p.p50_ms, p.p95_ms, p.p99_ms, p.errors].map(number),
    ...processes.map((process) => p.cpu_ms[process]?.toFixed(3) ?? '–'),
  ]);
  return formatTable([head, ...rows]);
}

/** Formats a table. Columns are as wide as needed; the first is aligned left, numbers right. */
export function formatTable(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map(line).join('\n');
}

function number(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
}

function ratio({ median, min, max, aim }: RatioReport): string {
  const verdict = median >= aim ? '' : ', missed';
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)}; aim ${aim}${verdict})`;
}

const byCpu = (value: number | null) => (value === null ? '' : `; by CPU of the API ${value.toFixed(2)}`);
