import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { type Running, withServer } from './bench.js';
import { type CpuProfile, withInspector } from './inspector.js';
import type { Workload } from './load-generator.js';
import type { BenchOptions, ProfiledPhase } from './options.js';
import { Phase } from './phase.js';
import { type PhaseReport, formatPhases, formatTable } from './report.js';
import { SeatHistory } from './seat-watch.js';
import { dataDir } from './server.js';
import { acquires, heartbeats } from './workloads.js';

/** Time that the main thread of the API spent in its own code, without calls to other functions. It is elapsed time: a
 *  system call that wakes another process lasts until that process lets the CPU go. */
export interface SelfTime {
  /** Function and file, or package. */
  name: string;
  /** Per request, in µs. */
  us: number;
  /** Share of the time in which the thread was not idle. */
  share: number;
}

export interface ProfileReport {
  phase: PhaseReport;
  errors: Record<string, number>;
  /** The saved profile; Chrome DevTools and VS Code open it. */
  file: string;
  /** Share of the main thread's time, from 0 to 1. */
  idle: number;
  packages: SelfTime[];
  functions: SelfTime[];
  ok: boolean;
}

const WARM_UP_SECONDS = 3;
const FUNCTIONS = 40;
const PACKAGES = 20;

/** Runs one phase on a server of its own, with the CPU profiler on in the API process. The profiler lowers the rate. */
export async function profilePhase(
  name: ProfiledPhase,
  options: BenchOptions,
  progress: (step: string) => void,
): Promise<ProfileReport> {
  const port = await freePort();
  const profiled = async (running: Running) => {
    const phase = new Phase(name, running.load, running.server.pids);
    const workload = workloadOf(name, running);
    progress('warming up');
    await phase.warmUp(workload, WARM_UP_SECONDS);
    progress(`profiling ${name} for ${options.seconds} s`);
    const profile = await withInspector(port, (inspector) =>
      inspector.profile(() => phase.measure(workload, options.seconds)),
    );
    const file = path.join(dataDir, `${name}.cpuprofile`);
    await writeFile(file, JSON.stringify(profile));
    const report = phase.report();
    const times = selfTimes(profile, report.requests);
    return { phase: report, errors: Object.fromEntries(phase.errors), file, ...times, ok: phase.errors.size === 0 };
  };
  return withServer(options, progress, profiled, { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` });
}

function workloadOf(name: ProfiledPhase, { stage }: Running): Workload {
  if (name === 'heartbeat') return heartbeats(stage.seats);
  return acquires(stage.tenants, { seats: [], repeats: [], history: new SeatHistory(stage.seatsTotal) });
}

/** Sums the samples by function and by package. */
export function selfTimes(profile: CpuProfile, requests: number) {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let total = 0;
  let idle = 0;
  profile.samples.forEach((id, i) => {
    const us = profile.timeDeltas[i] ?? 0;
    const frame = frames.get(id)!;
    total += us;
    if (frame.functionName === '(idle)') {
      idle += us;
      return;
    }
    const place = placeOf(frame.url);
    const where = frame.url === '' ? '' : `  ${place.file}:${frame.lineNumber + 1}`;
    add(functions, `${frame.functionName || '(anonymous)'}${where}`, us);
    add(packages, frame.url === '' ? frame.functionName : place.package, us);
  });
  const top = (times: Map<string, number>, count: number): SelfTime[] =>
    [...times]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, count)
      .map(([name, us]) => ({ name, us: us / requests, share: us / (total - idle) }));
  return { idle: idle / total, functions: top(functions, FUNCTIONS), packages: top(packages, PACKAGES) };
}

function add(times: Map<string, number>, name: string, us: number): void {
  times.set(name, (times.get(name) ?? 0) + us);
}

/** `…/node_modules/fastify/lib/reply.js` is lib/reply.js of fastify; `…/apps/api/dist/main.js` is main.js of apps/api. */
function placeOf(url: string): { package: string; file: string } {
  if (url.startsWith('node:')) return { package: 'node', file: url };
  const found =
    /.*\/node_modules\/(?<name>@[^/]+\/[^/]+|[^/]+)\/(?<file>.*)/.exec(url) ??
    /.*\/(?<name>(?:apps|libs)\/[^/]+)\/dist\/(?<file>.*)/.exec(url);
  const { name = 'other', file = url } = found?.groups ?? {};
  return { package: name, file: `${name}/${file}` };
}

/** Formats the report for reading. */
export function formatProfile(report: ProfileReport): string {
  const rows = (times: SelfTime[]) =>
    times.map(({ name, us, share }) => [name, us.toFixed(1), `${(share * 100).toFixed(1)} %`]);
  const errors = Object.entries(report.errors).map(([what, times]) => `error: ${what}, ${times} times`);
  return [
    formatPhases([report.phase]),
    ...errors,
    '',
    `Main thread of the API idle ${(report.idle * 100).toFixed(0)} %. Profile: ${report.file}`,
    '',
    formatTable([['self time by package', 'µs a request', 'of busy time'], ...rows(report.packages)]),
    '',
    formatTable([['self time by function', 'µs a request', 'of busy time'], ...rows(report.functions)]),
  ].join('\n');
}
