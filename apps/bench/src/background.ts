import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOf, lastOutput } from '@coditect/local-stack/server-process';
import { BackgroundTenants } from './background-tenants.js';
import { unexpectedEnd } from './child-end.js';
import { newRsaKey } from './keys.js';
import { MIB, rssOf } from './memory.js';
import type { BackgroundOptions } from './options.js';
import { formatTable } from './report.js';
import { root, type Server, startServer, useServer } from './server.js';

/** The jobs in the order of measurement. Each job starts with the rows that the one before has left. */
export const backgroundJobs = ['ledger-rebuild', 'session-cleanup', 'ledger-reconciliation', 'usage-sample'] as const;
export type BackgroundJob = (typeof backgroundJobs)[number];

/** The report that the process of a job sends. */
export interface JobMeasurement {
  result: unknown;
  seconds: number;
  /** Memory (RSS) before the job. */
  idleBytes: number;
  peakBytes: number;
}

export interface BackgroundRow {
  name: BackgroundJob | 'metrics';
  tenants: number;
  sessions: number;
  seconds: number;
  /** Time for each license session, in µs. */
  us_per_session: number;
  idle_mib: number;
  peak_mib: number;
  /** Growth of the time over growth of the sessions since the first size: 1 is linear, less is better. */
  growth: number;
  result: unknown;
}

export interface BackgroundReport {
  node: string;
  rows: BackgroundRow[];
  /** Jobs whose result differs from the expected one. */
  errors: string[];
  ok: boolean;
}

const SHARES = [0.1, 0.3, 1];
const METRICS_TOKEN = 'background-benchmark';
const JOB = path.join(root, 'apps/bench/dist/background-job.js');
/** Node collects garbage only when it has to. With a small heap, a job fails if its memory grows with the number of
 *  sessions. */
const HEAP_MIB = 128;
/** The metrics keep values read from Postgres for 10 s. */
const METRICS_SAMPLE_MS = 10_000;

type Measured = Omit<BackgroundRow, 'growth' | 'us_per_session' | 'tenants' | 'sessions'>;

/** Measures background jobs at three numbers of tenants, all with the same number of license sessions. */
export async function benchBackground(
  { tenants, sessions }: BackgroundOptions,
  progress: (step: string) => void,
): Promise<BackgroundReport> {
  progress('starting PostgreSQL, Redis and the API');
  const server = await startServer(await newRsaKey(4096), { METRICS_TOKEN });
  const stage = new BackgroundTenants(server, sessions);
  const rows: BackgroundRow[] = [];
  const errors: string[] = [];
  let scrapedAt = -Infinity;
  await useServer(server, async () => {
    for (const count of SHARES.map((share) => Math.ceil(tenants * share))) {
      progress(`${count} tenants with ${sessions} license sessions each`);
      const lapsed = await stage.grow(count);
      const size = { tenants: count, sessions: await stage.liveSessions() };
      for (const name of backgroundJobs) {
        progress(name);
        const { result, seconds, idleBytes, peakBytes } = await run(name, server);
        const memory = { idle_mib: idleBytes / MIB, peak_mib: peakBytes / MIB };
        rows.push(row({ name, seconds, ...memory, result }, size, rows));
        const wrong = wrongResult(name, result, { ...size, lapsed });
        if (wrong) errors.push(`${name} at ${count} tenants: ${wrong}`);
      }
      progress('metrics');
      await sleep(Math.max(0, scrapedAt + METRICS_SAMPLE_MS - performance.now()));
      rows.push(row(await scrape(server, errors), size, rows));
      scrapedAt = performance.now();
    }
  });
  return { node: process.version, rows, errors, ok: errors.length === 0 };
}

async function run(name: BackgroundJob, { own }: Server): Promise<JobMeasurement> {
  const child = fork(JOB, [name], {
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    env: { ...own!.env, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = endOf(child, lastOutput(child));
  const told: Promise<JobMeasurement> = once(child, 'message').then(([measurement]) => measurement);
  const first = await Promise.race([told, ended]);
  if ('reason' in first) throw unexpectedEnd(name, first);
  await ended;
  return first;
}

async function scrape({ url, pids }: Server, errors: string[]): Promise<Measured> {
  const read = async () => {
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    return { status: answer.status, text: await answer.text() };
  };
  const idle = rssOf(pids.api!, 'VmRSS');
  const begun = performance.now();
  const { status, text } = await read();
  const seconds = (performance.now() - begun) / 1000;
  if (status !== 200 || !text.includes('postgres_up 1')) errors.push(`metrics answered ${status}`);
  const result = { bytes: text.length };
  return { name: 'metrics', seconds, idle_mib: idle / MIB, peak_mib: rssOf(pids.api!, 'VmHWM') / MIB, result };
}

function row(measured: Measured, size: { tenants: number; sessions: number }, before: BackgroundRow[]): BackgroundRow {
  const first = before.find(({ name }) => name === measured.name);
  const growth = first ? measured.seconds / first.seconds / (size.sessions / first.sessions) : 1;
  return { ...measured, ...size, us_per_session: (measured.seconds * 1e6) / size.sessions, growth };
}

interface Expected {
  tenants: number;
  sessions: number;
  lapsed: number;
}

function wrongResult(
  name: BackgroundJob,
  result: unknown,
  { tenants, sessions, lapsed }: Expected,
): string | undefined {
  const right = {
    'ledger-rebuild': () => result === tenants,
    'session-cleanup': () => result === lapsed,
    'ledger-reconciliation': () => {
      const { licenses, sessions: compared, missing, ghosts } = { ...Object(result) };
      return licenses === tenants && compared === sessions - lapsed && missing === 0 && ghosts === 0;
    },
    'usage-sample': () => typeof result === 'number' && result >= tenants,
  }[name]();
  return right ? undefined : `answered ${JSON.stringify(result)}`;
}

/** Formats the report for reading. */
export function formatBackground({ node, rows, errors }: BackgroundReport): string {
  const head = ['', 'tenants', 'sessions', 'seconds', 'µs/session', 'MiB before', 'MiB at most', 'growth'];
  const lines = rows.map((r) => [
    r.name,
    String(r.tenants),
    String(r.sessions),
    r.seconds.toFixed(2),
    r.us_per_session.toFixed(1),
    r.idle_mib.toFixed(0),
    r.peak_mib.toFixed(0),
    r.growth.toFixed(2),
  ]);
  const wrong = errors.length === 0 ? 'none' : `\n${errors.map((error) => `  ${error}`).join('\n')}`;
  return [`Node ${node}`, '', formatTable([head, ...lines]), '', `errors  ${wrong}`].join('\n');
}
