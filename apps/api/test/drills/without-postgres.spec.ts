import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestTenant } from '../factory.js';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { FaultProxy } from './fault-proxy.js';
import { machines, Machine, tally } from './machine.js';

const WORST_MS = 5_000;

let cluster: Cluster;
let proxy: FaultProxy;
beforeAll(async () => {
  cluster = await Cluster.start(2, async ({ stack }) => {
    const { app, system } = stack.database.urls;
    proxy = await FaultProxy.before(app);
    return { DATABASE_URL: proxy.through(app), SYSTEM_DATABASE_URL: proxy.through(system) };
  });
});
afterAll(async () => {
  await cluster.stop();
  await proxy.stop();
});

describe('given two of three seats held, when Postgres is down for longer than the lease', () => {
  const LEASE_SECONDS = 3;
  let tenant: TestTenant;
  let holders: Machine[];
  let lastBeat: number;
  const beatAll = (turn = 0) =>
    Promise.all(
      holders.map(async (holder, i) => {
        const answer = await holder.heartbeat(cluster.at(i + turn));
        expect(answer.took).toBeLessThan(WORST_MS);
        return answer;
      }),
    );
  beforeAll(async () => {
    tenant = await cluster.app.factory.tenant({ seatsTotal: 3, leaseSeconds: LEASE_SECONDS });
    holders = machines(2, tenant.member);
    for (const [i, holder] of holders.entries()) expect((await holder.acquire(cluster.at(i))).status).toBe(201);
    proxy.set('cut');
  });

  it('then acquire and release give 503 with Retry-After, at both processes', async () => {
    const next = new Machine(tenant.admin);
    for (const api of cluster.processes)
      for (const answer of [await next.acquire(api), await holders[0]!.acquire(api), await holders[0]!.release(api)]) {
        expect([answer.status, answer.code]).toEqual([503, 'temporarily_unavailable']);
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(answer.took).toBeLessThan(WORST_MS);
      }
    await Promise.all(
      cluster.processes.map(async (api) => expect((await fetch(`${api.baseUrl}/readyz`)).status).toBe(503)),
    );
    await Promise.all(
      cluster.processes.map(async (api) => expect((await fetch(`${api.baseUrl}/healthz`)).status).toBe(200)),
    );
  });

  it('then heartbeats are served from the ledger, for longer than the recorded lease', async () => {
    const end = performance.now() + (LEASE_SECONDS + 1) * 1000;
    for (let turn = 0; performance.now() < end; turn += 1) {
      expect(tally(await beatAll(turn))).toEqual({ 200: 2 });
      lastBeat = Date.now();
      await sleep(300);
    }
    for (const row of await cluster.active(tenant.license)) expect(row.leaseExpiresAt.getTime()).toBeLessThan(lastBeat);
  });

  it('when it is back, then no seat is lost, the heartbeats are written, and acquire and release work', async () => {
    proxy.set('pass');
    expect(tally(await beatAll())).toEqual({ 200: 2 });
    const others = machines(5, tenant.admin);
    await eventually(async () => {
      const answers = await Promise.all(others.map((machine, i) => machine.acquire(cluster.at(i))));
      expect(tally(answers)['temporarily_unavailable']).toBeUndefined();
    });
    expect(others.filter((machine) => machine.seat)).toHaveLength(1);
    expect(tally(await beatAll(1))).toEqual({ 200: 2 });
    const active = await cluster.active(tenant.license);
    expect(active.map((row) => row.seatNo)).toEqual([1, 2, 3]);
    expect(active.slice(0, 2).map((row) => row.id)).toEqual(holders.map((holder) => holder.seat!.session_id));
    await eventually(async () => {
      for (const row of (await cluster.active(tenant.license)).slice(0, 2)) {
        expect(row.lastHeartbeatAt.getTime()).toBeGreaterThan(lastBeat - 1_000);
        expect(row.leaseExpiresAt.getTime()).toBeGreaterThan(lastBeat);
      }
    }, 5_000);
    expect((await holders[0]!.release(cluster.at(0))).status).toBe(200);
  });
});

describe('given a request during which Postgres dies', () => {
  it('when a grant is being recorded, then 503, and the seat is not lost', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 1 });
    const racers = machines(12, tenant.member);
    const asked = Promise.all(racers.map((machine, i) => machine.acquire(cluster.at(i))));
    await sleep(5);
    proxy.set('cut');
    const answers = await asked;
    for (const kind of Object.keys(tally(answers)))
      expect(['201', 'no_seats_available', 'temporarily_unavailable']).toContain(kind);
    proxy.set('pass');
    // The machines that got 503 try again. In the end exactly one has the seat, whether the process has undone its
    // reservation or the machine has repeated its request.
    await eventually(async () => {
      const again = await Promise.all(racers.map((machine, i) => machine.acquire(cluster.at(i))));
      expect(again.filter((answer) => answer.status < 300)).toHaveLength(1);
      expect(tally(again)['temporarily_unavailable']).toBeUndefined();
    });
    expect(await cluster.active(tenant.license)).toHaveLength(1);
  });
});
