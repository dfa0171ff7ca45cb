import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import { HeartbeatWriter } from '#modules/licenses/sessions/heartbeat-writer';
import { LicensesService } from '#modules/licenses/licenses.service';
import { TestApp } from '../app.js';
import type { TestTenant } from '../factory.js';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { type Fault, FaultProxy } from './fault-proxy.js';
import { call, machines, Machine, type Server, tally } from './machine.js';

/** The promise: no request hangs, and only the first requests are slow. On a busy machine, the longest may take half
 *  of the timeout of the SDK. */
const WORST_MS = 5_000;
const FAST_MS = 500;

let cluster: Cluster;
let proxy: FaultProxy;
/** An application in this process that reaches Redis through the same proxy as the processes. Its clock can be
 *  moved. */
let app: TestApp;
let local: Server;
beforeAll(async () => {
  cluster = await Cluster.start(2, async ({ stack }) => {
    proxy = await FaultProxy.before(stack.redis.url);
    return { REDIS_URL: proxy.through(stack.redis.url) };
  });
  const { stack } = cluster.app;
  app = await TestApp.start(stack, { REDIS_URL: proxy.through(stack.redis.url), DATABASE_POOL_SIZE: '6' });
  local = { baseUrl: await app.app.getUrl() };
});
afterAll(async () => {
  await app.stop();
  await cluster.stop();
  await proxy.stop();
});
beforeEach(() => redisIs('pass'));

async function redisIs(fault: Fault): Promise<void> {
  proxy.set(fault);
  if (fault !== 'pass') return;
  for (const server of [...cluster.processes, local])
    await eventually(async () => {
      const readiness = await fetch(`${server.baseUrl}/readyz`);
      expect(await readiness.json()).toMatchObject({ redis: 'ok' });
    });
}

async function taken(tenant: TestTenant, count: number, at: Server = cluster.at(0)): Promise<Machine[]> {
  const holders = machines(count, tenant.member);
  for (const holder of holders) expect((await holder.acquire(at)).status).toBe(201);
  return holders;
}

async function expectLedgerAgrees(tenant: TestTenant): Promise<void> {
  const { tenantId, id } = tenant.license;
  await eventually(async () => {
    const ledger = await cluster.app.redis.hkeys(ledgerKeys(tenantId, id)[2]!);
    expect(ledger.toSorted()).toEqual((await cluster.active(tenant.license)).map((row) => row.id).toSorted());
  });
}

describe.each(['cut', 'silence'] as const)('while Redis is down (%s)', (fault) => {
  it('30 machines race for 3 seats over 2 processes: exactly 3 get one, keep it, and release it for the next', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    await redisIs(fault);
    const racers = machines(30, tenant.member);
    const answers = await Promise.all(racers.map((machine, i) => machine.acquire(cluster.at(i))));
    expect(tally(answers)).toEqual({ 201: 3, no_seats_available: 27 });
    expect((await cluster.active(tenant.license)).map((row) => row.seatNo)).toEqual([1, 2, 3]);

    const winners = racers.filter((machine) => machine.seat);
    const beats = await Promise.all(winners.map((machine, i) => machine.heartbeat(cluster.at(i + 1))));
    expect(tally(beats)).toEqual({ 200: 3 });
    const released = await winners[0]!.release(cluster.at(0));
    expect(released.status).toBe(200);
    const next = await Promise.all(machines(5, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i))));
    expect(tally(next)).toEqual({ 201: 1, no_seats_available: 4 });
    for (const { took } of [...answers, ...beats, released, ...next]) expect(took).toBeLessThan(WORST_MS);

    await redisIs('pass');
    await expectLedgerAgrees(tenant);
  });

  it('concurrent requests do not all wait for it', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 16 });
    const holders = await taken(tenant, 16);
    await redisIs(fault);
    await Promise.all(cluster.processes.map((api, i) => holders[i]!.heartbeat(api))); // these two detect it
    const took: number[] = [];
    const end = performance.now() + 3_000;
    await Promise.all(
      holders.map(async (holder, i) => {
        while (performance.now() < end) {
          const beat = await holder.heartbeat(cluster.at(i));
          expect(beat.status).toBe(200);
          took.push(beat.took);
        }
      }),
    );
    expect(Math.max(...took)).toBeLessThan(WORST_MS);
    // One request of each process tries Redis again every 1.5 s. Without the breaker, all 16 would wait.
    expect(took.filter((ms) => ms > FAST_MS).length).toBeLessThan(16);
    expect(took.length).toBeGreaterThan(100);
  });
});

describe('given seats held when Redis goes down', () => {
  it('when some end and others begin meanwhile, then the ledger agrees with Postgres afterwards', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    const [stays, leaves, leavesToo] = await taken(tenant, 3);
    await redisIs('cut');
    await leaves!.release(cluster.at(0));
    const [comes] = await taken(tenant, 1, cluster.at(1));
    await leavesToo!.release(cluster.at(0));
    await redisIs('pass');
    await expectLedgerAgrees(tenant);
    for (const machine of [stays!, comes!]) expect((await machine.heartbeat(cluster.at(0))).status).toBe(200);
    expect((await leaves!.heartbeat(cluster.at(1))).code).toBe('lease_lost');
    const next = await Promise.all(machines(5, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i))));
    expect(tally(next)).toEqual({ 201: 1, no_seats_available: 4 });
  });

  it('when one is revoked by a process that is killed before Redis is back, then the old ledger does not keep it alive', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    const [holder] = await taken(tenant, 1);
    const victim = await cluster.add({ REDIS_URL: proxy.through(cluster.app.stack.redis.url) });
    await redisIs('cut');
    const route = `license-sessions/${holder!.seat!.session_id}/release`;
    expect((await call(victim, 'POST', route, { accessToken: tenant.owner.accessToken })).status).toBe(200);
    await victim.kill();
    cluster.processes.pop();
    await redisIs('pass');
    await eventually(async () => expect((await holder!.heartbeat(cluster.at(0))).code).toBe('lease_lost'));
    await expectLedgerAgrees(tenant);
  });

  it('when seats are lowered below the number held, then only the bought seats are granted', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 5 });
    const holders = await taken(tenant, 5);
    await redisIs('cut');
    const { tenantId, id } = tenant.license;
    await app.asSystem(() => app.app.get(LicensesService).changeSeats(tenantId, id, 3));
    for (const i of [0, 1, 3]) await holders[i]!.release(cluster.at(i));
    const others = await Promise.all(machines(10, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i))));
    expect(tally(others)).toEqual({ 201: 1, no_seats_available: 9 });
    expect((await cluster.active(tenant.license)).map((row) => row.seatNo)).toEqual([1, 3, 5]);
    await redisIs('pass');
    await expectLedgerAgrees(tenant);
  });

  it('when a holder acquires its seat again, then it has a whole lease, as with a heartbeat', async () => {
    const tenant = await app.factory.tenant({ seatsTotal: 1 });
    const [holder] = await taken(tenant, 1, local);
    await redisIs('cut');
    app.advance(300);
    expect((await holder!.acquire(local)).status).toBe(200);
    await app.app.get(HeartbeatWriter).flush(); // 300 s pass at once here: more than the 2 s until the write
    const left = Date.parse(holder!.seat!.lease_expires_at) - app.clock.now().getTime();
    expect(left).toBeGreaterThan((tenant.license.leaseSeconds - 10) * 1000);
    app.advance(300);
    expect((await new Machine(tenant.admin).acquire(local)).code).toBe('no_seats_available');
    expect((await holder!.heartbeat(local)).status).toBe(200);
  });

  it('when a holder sends no more heartbeats, then the next one gets its seat soon after its lease', async () => {
    const tenant = await app.factory.tenant({ seatsTotal: 1 });
    const [gone] = await taken(tenant, 1, local);
    const next = new Machine(tenant.admin);
    await redisIs('cut');
    app.advance(350);
    expect((await next.acquire(local)).code).toBe('no_seats_available');
    app.advance(45); // 30 s more than the lease: its last heartbeat might not have been written
    expect((await next.acquire(local)).status).toBe(201);
    expect((await gone!.heartbeat(local)).code).toBe('lease_lost');
    await redisIs('pass');
    expect((await gone!.heartbeat(local)).code).toBe('lease_lost');
    expect((await next.heartbeat(local)).status).toBe(200);
  });
});
