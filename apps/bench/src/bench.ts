import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { newRsaKey } from './keys.js';
import { type Call, LoadGenerator } from './load-generator.js';
import type { BenchOptions } from './options.js';
import { Phase } from './phase.js';
import { type BenchReport, ratioOf } from './report.js';
import { measureRsa } from './rsa.js';
import { RowWatch, SeatHistory, overIssuedIntervals } from './seat-watch.js';
import { type Server, givenServer, startServer, useServer } from './server.js';
import { type Stage, closeTenants, makeTenants } from './tenants.js';
import { acquires, contended, heartbeats, hello, reacquires, releases } from './workloads.js';

/** A running server with tenants in it, and the connections to it. */
export interface Running {
  server: Server;
  stage: Stage;
  load: LoadGenerator;
  /** RSA-4096 in PEM; an own server signs licenses with it. */
  signingKey: string;
}

// A machine is rarely idle for long. So the compared phases are measured in turns, and the median of the pairs counts.
const ROUNDS = 5;
/** Goals of docs/performance.md: heartbeat over hello, and acquire over the RSA-4096 rate of the machine. */
const AIMS = { heartbeat: 0.5, acquire: 0.85 };

/** Runs `work` on the given server or on one of its own, and cleans up. */
export async function withServer<T>(
  options: BenchOptions,
  progress: (step: string) => void,
  work: (running: Running) => Promise<T>,
  apiEnv: NodeJS.ProcessEnv = {},
): Promise<T> {
  const signingKey = await newRsaKey(4096);
  progress(options.given ? `driving ${options.given.url}` : 'starting PostgreSQL, Redis and the API');
  const server = options.given ? givenServer(options.given) : await startServer(signingKey, apiEnv);
  return useServer(server, async () => {
    progress(`making ${options.tenants} tenants with ${options.sessions} license sessions`);
    const stage = await makeTenants(server, options);
    const load = new LoadGenerator(server.url, options.connections);
    try {
      return await work({ server, stage, load, signingKey });
    } finally {
      await load.close();
      if (options.given)
        await closeTenants(
          server.systemDatabaseUrl,
          stage.tenants.map((tenant) => tenant.id),
        );
    }
  });
}

/** Measures every phase. */
export function bench(options: BenchOptions, progress: (step: string) => void): Promise<BenchReport> {
  return withServer(options, progress, async (running) => {
    const { server, stage } = running;
    const tenantIds = stage.tenants.map((tenant) => tenant.id);
    const rows = new RowWatch(server.systemDatabaseUrl, tenantIds);
    const history = new SeatHistory(stage.seatsTotal);
    for (const seat of stage.seats) history.granted(seat);
    const measured = await measurePhases(options, running, history, progress);
    progress('counting seats');
    const found = [
      ...history.overIssues,
      ...(await rows.stop()),
      ...(await overIssuedIntervals(server.systemDatabaseUrl, tenantIds, server.clockSkewMs)),
    ];
    return {
      node: process.version,
      cpus: os.availableParallelism(),
      connections: options.connections,
      tenants: options.tenants,
      sessions: options.sessions,
      ...measured,
      over_issue: { looks_at_rows: rows.looks, found },
      ok: found.length === 0 && Object.keys(measured.errors).length === 0,
    };
  });
}

type Measured = Omit<BenchReport, 'node' | 'cpus' | 'connections' | 'tenants' | 'sessions' | 'over_issue' | 'ok'>;

async function measurePhases(
  { seconds, connections }: BenchOptions,
  { server, stage, load, signingKey }: Running,
  history: SeatHistory,
  progress: (step: string) => void,
): Promise<Measured> {
  const phase = (name: string) => new Phase(name, load, server.pids);
  const phases = {
    hello: phase('hello'),
    heartbeat: phase('heartbeat'),
    acquire: phase('acquire'),
    reacquire: phase('re-acquire'),
    contended: phase('contended'),
    release: phase('release'),
  };
  const held = [...stage.seats];
  const repeats: Call[] = [];
  const work = {
    hello: hello(),
    heartbeat: heartbeats(stage.seats),
    acquire: acquires(stage.tenants, { seats: held, repeats, history }),
    reacquire: reacquires(repeats),
    contended: contended(stage.tenants, history),
    release: releases(held, history),
  };
  const slice = seconds / ROUNDS;

  progress('warming up');
  for (const name of ['hello', 'heartbeat', 'acquire', 'reacquire'] as const)
    await phases[name].warmUp(work[name], slice);

  const rsa = { signatures: 0, seconds: 0, cpuMs: 0 };
  const heartbeatPairs: { rate: number; over: number }[] = [];
  const acquirePairs: { rate: number; over: number }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}: hello, heartbeat, RSA-4096, acquire, re-acquire`);
    const helloRate = await phases.hello.measure(work.hello, slice);
    // Heartbeats are written behind every 2 s, which is the default length of a slice. A warm-up slice before the
    // measurement leaves as many heartbeats to write as the measured slice sends. What the measured slice leaves is
    // written before the next measurement.
    await phases.heartbeat.warmUp(work.heartbeat, slice);
    heartbeatPairs.push({ rate: await phases.heartbeat.measure(work.heartbeat, slice), over: helloRate });
    await sleep(slice * 1000);
    const alone = await measureRsa(signingKey, slice, connections);
    for (const key of ['signatures', 'seconds', 'cpuMs'] as const) rsa[key] += alone[key];
    const acquireRate = await phases.acquire.measure(work.acquire, slice);
    acquirePairs.push({ rate: acquireRate, over: alone.signatures / alone.seconds });
    await phases.reacquire.measure(work.reacquire, slice);
  }
  progress('contended: more machines than seats');
  await phases.contended.measure(work.contended.next, seconds);
  progress('release');
  await phases.release.measure(work.release, seconds);

  const all = Object.values(phases);
  const reports = all.map((p) => p.report());
  const apiCpu = (name: string) => reports.find((report) => report.name === name)?.cpu_ms.api;
  const [helloCpu, heartbeatCpu] = [apiCpu('hello'), apiCpu('heartbeat')];
  return {
    phases: reports,
    rsa_4096: { rate: rsa.signatures / rsa.seconds, cpu_ms: rsa.cpuMs / rsa.signatures },
    heartbeat_over_hello: ratioOf(heartbeatPairs, AIMS.heartbeat),
    heartbeat_over_hello_by_cpu: helloCpu && heartbeatCpu ? helloCpu / heartbeatCpu : null,
    acquire_over_rsa_4096: ratioOf(acquirePairs, AIMS.acquire),
    contended: work.contended.outcomes,
    errors: Object.fromEntries(all.flatMap((p) => [...p.errors].map(([what, times]) => [`${p.name}: ${what}`, times]))),
  };
}
