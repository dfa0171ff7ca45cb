import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newMachine, type TestTenant } from '../factory.js';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { Machine } from './machine.js';

// No worker runs here: seats become free without the sweeper.
let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(1);
});
afterAll(() => cluster.stop());

describe('given a client program that holds the only seat by its heartbeats', () => {
  const LEASE_SECONDS = 3;
  /** What polling, one request and a busy machine may add to the next holder's wait. */
  const LATE_MS = 1_000;
  let tenant: TestTenant;
  let holder: ChildProcess;
  const said: string[] = [];
  beforeAll(async () => {
    tenant = await cluster.app.factory.tenant({ seatsTotal: 1, leaseSeconds: LEASE_SECONDS });
    const script = fileURLToPath(new URL('hold-a-seat.mjs', import.meta.url));
    const { accessToken } = tenant.member;
    holder = spawn(process.execPath, [script, cluster.at(0).baseUrl, accessToken, newMachine()], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    holder.stdout!.on('data', (data: Buffer) => said.push(data.toString().trim()));
    await eventually(() => Promise.resolve(expect(said).toHaveLength(1)));
  });
  afterAll(() => holder.kill('SIGKILL'));

  it('when it runs for two leases, then it keeps the seat', async () => {
    const waiting = new Machine(tenant.admin);
    for (const end = performance.now() + 2 * LEASE_SECONDS * 1000; performance.now() < end; await sleep(250))
      expect((await waiting.acquire(cluster.at(0))).code).toBe('no_seats_available');
    const [active] = await cluster.active(tenant.license);
    expect(said).toEqual([`holds ${active!.id}`]);
  });

  it('when it is killed without a chance to release the seat, then the next one gets it within the lease', async () => {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const killed = performance.now();
    const next = new Machine(tenant.admin);
    await eventually(async () => expect((await next.acquire(cluster.at(0))).status).toBe(201));
    expect(performance.now() - killed).toBeLessThan(LEASE_SECONDS * 1000 + LATE_MS);
    expect((await cluster.sessions(tenant.license)).map((row) => [row.seatNo, row.status, row.endReason])).toEqual([
      [1, 'expired', 'lease_expired'],
      [1, 'active', null],
    ]);
  });
});

describe('given a holder with a lease of 360 s that sends no more heartbeats', () => {
  it('when the lease is nearly over, then its seat is safe, and when it is over, then the seat is free at once', async () => {
    const { app, local } = cluster;
    const tenant = await app.factory.tenant({ seatsTotal: 1 });
    const [gone, next] = [new Machine(tenant.member), new Machine(tenant.admin)];
    await gone.acquire(local);
    app.advance(350);
    expect((await next.acquire(local)).code).toBe('no_seats_available');
    app.advance(11);
    expect((await next.acquire(local)).status).toBe(201);
    expect((await gone.heartbeat(local)).code).toBe('lease_lost');
  });
});
