import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#config/config';
import { JobQueues } from '#platform/queues/job-queues';
import { schedules } from '#modules/schedules/schedules';
import { SeatLedger } from '#modules/licenses/ledger/seat-ledger';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import { logKey } from '#modules/stream/live-events';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { startStack, TestApp, type TestStack } from '../app.js';
import { eventually } from './eventually.js';
import { newMachine, type TestTenant } from '../factory.js';
import { LEASE_MS, newClaim, newRow, TestLedger } from '../ledger.js';
import { TestCluster } from '../redis-cluster.js';
import { WatchedStream } from '../watched-stream.js';

const MASTERS = 3;

let cluster: TestCluster;
let stack: TestStack;
let api: TestApp;
let tenants: TestTenant[]; // the license of the n-th tenant has its ledger on the n-th node
beforeAll(async () => {
  [cluster, stack] = await Promise.all([TestCluster.start(MASTERS), startStack()]);
  Object.assign(stack.env, { REDIS_URL: cluster.url, THROTTLE_USER_PER_HOUR: '1000' });
  api = await TestApp.start(stack);
  tenants = await Promise.all(cluster.nodes.map((_, n) => tenantOn(n, ledgerKey)));
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
  await cluster.stop();
});

/** Makes a tenant with a key on the n-th node. */
async function tenantOn(n: number, key: (tenant: TestTenant) => string): Promise<TestTenant> {
  for (;;) {
    const tenant = await api.factory.tenant({ seatsTotal: 1 });
    if ((await cluster.ownerOf(key(tenant))) === cluster.nodes[n]) return tenant;
  }
}

function ledgerKey({ id, license }: TestTenant): string {
  return ledgerKeys(id, license.id)[0]!;
}

const held = ({ license }: TestTenant) => api.seatsHeld(license);
const readiness = async () => (await api.http().get('/readyz')).body as unknown;

describe('the seat ledger', () => {
  it('has all keys of one license in one slot, and licenses on every node', async () => {
    const nodes = new Set<unknown>();
    for (let i = 0; i < 20; i += 1) {
      const keys = ledgerKeys(randomUUID(), randomUUID());
      expect(new Set(await Promise.all(keys.map((key) => cluster.slotOf(key)))).size).toBe(1);
      nodes.add(await cluster.ownerOf(keys[0]!));
    }
    expect(nodes.size).toBe(MASTERS);
    // A script over several slots would fail.
    await expect(cluster.nodes[0]!.redis.eval('return 1', 2, 'one', 'other')).rejects.toThrow(/CROSSSLOT/);
  });

  it('supports every verb, on each node', async () => {
    const on = await TestLedger.open(cluster.url);
    const { ledger } = on;
    for (let i = 0; i < 6; i += 1) {
      const license = await on.newLicense();
      const claim = newClaim();
      const seat = await on.hold(license, claim);
      expect(await ledger.heartbeat(license, seat.sessionId, seat.tokenHash)).toMatchObject({ verdict: 'alive' });
      expect(await ledger.leaseEnds(license, [seat.sessionId])).not.toBe('cold');
      expect(await ledger.live(license)).toEqual(new Map([[seat.sessionId, true]]));
      const row = newRow({ ...claim, ...seat });
      expect(await ledger.adopt(license, row)).toBe('adopted');
      await ledger.rebuild(license, 'force', [row]);
      on.advance(LEASE_MS + 1);
      const next = await ledger.acquire(license, newClaim({ seatsTotal: 1 }));
      expect(next).toMatchObject({ verdict: 'granted', seatNo: 1 });
      await ledger.forget(license, [seat.sessionId]);
      await ledger.erase(license);
      expect(await on.keysOf(license)).toEqual([]);
    }
    await on.close();
  });
});

describe('the API', () => {
  it('acquires, keeps and releases seats through the ledger, and counts calls, on every node', async () => {
    expect(await readiness()).toMatchObject({ status: 'ok', redis: 'ok' });
    for (const tenant of tenants) {
      const { session_token } = await api.takeSeat(tenant.member);
      expect(await held(tenant)).toEqual({ postgres: 1, ledger: 1 });
      const other = { machine_id: newMachine() };
      const refused = await api.post('licenses/acquire', other, tenant.admin.accessToken).expect(403);
      expect(refused.headers['ratelimit']).toMatch(/r=999;/);
      await api.redis.del(...ledgerKeys(tenant.id, tenant.license.id)); // so that the ledger is rebuilt there
      await api.heartbeat(session_token).expect(200);
      expect(await held(tenant)).toEqual({ postgres: 1, ledger: 1 });
      await api.release(session_token).expect(200);
      const second = await api.post('licenses/acquire', other, tenant.admin.accessToken).expect(201);
      expect(second.headers['ratelimit']).toMatch(/r=998;/);
      await api.release((second.body as { session_token: string }).session_token).expect(200);
      expect(await held(tenant)).toEqual({ postgres: 0, ledger: 0 });
    }
  });

  it('follows a slot that is moved to another node with its data', async () => {
    const [tenant, neighbour] = [tenants[0]!, await tenantOn(0, ledgerKey)];
    const seats = [await api.takeSeat(tenant.member), await api.takeSeat(neighbour.member)];
    const [before, after] = [cluster.nodes[0]!, cluster.nodes[1]!];
    await cluster.move(ledgerKey(tenant), after);
    expect(await after.redis.exists(ledgerKey(tenant))).toBe(1);
    const beats = [tenant, neighbour].map(({ id, license }, i) => {
      const ref = { tenantId: id, licenseId: license.id };
      return api.app.get(SeatLedger).heartbeat(ref, seats[i]!.session_id, null);
    });
    // Both commands were sent in one turn of the event loop, and Redis redirects only one of them.
    expect(await Promise.all(beats)).toMatchObject([{ verdict: 'alive' }, { verdict: 'alive' }]);
    await api.heartbeat(seats[0]!.session_token).expect(200);
    for (const { session_token } of seats) await api.release(session_token).expect(200);
    expect(await held(tenant)).toEqual({ postgres: 0, ledger: 0 });
    await cluster.move(ledgerKey(tenant), before);
    await api.release((await api.takeSeat(tenant.member)).session_token).expect(200);
  });
});

describe('live events', () => {
  it('reach the watchers of organizations in different slots through one process, and no others', async () => {
    const url = await api.app.getUrl();
    const streams = await Promise.all(tenants.map(({ admin }) => WatchedStream.open(url, admin.accessToken)));
    const slots = new Set(await Promise.all(tenants.map(({ id }) => cluster.slotOf(logKey(id, true)))));
    for (const stream of streams) await stream.expect('reset');
    const seats = await Promise.all(tenants.map(({ member }) => api.takeSeat(member)));
    for (const [i, stream] of streams.entries())
      expect(await stream.expect('seat.acquired')).toMatchObject([{ session_id: seats[i]!.session_id }]);
    await Promise.all(seats.map(({ session_token }) => api.release(session_token).expect(200)));
    for (const stream of streams) await stream.expect('seat.released');
    for (const stream of streams) expect(stream.types()).toEqual(['reset', 'seat.acquired', 'seat.released']);
    expect(slots.size).toBeGreaterThan(1);
    streams.forEach((stream) => stream.close());
  });
});

describe('the worker', () => {
  let worker: INestApplicationContext;
  beforeAll(async () => {
    const config = loadConfig(stack.env);
    const logger = processLogger(config);
    worker = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger });
  });
  afterAll(() => worker.close());

  it('runs scheduled jobs and those of the outbox', async () => {
    const { owner } = tenants[0]!;
    await api.post('users/invitations', { email: 'ada@example.test', role: 'member' }, owner.accessToken).expect(201);
    const queues = worker.get(JobQueues);
    const job = await queues.of('maintenance').add('session-cleanup', { system: true });
    await eventually(async () => expect(await job.isCompleted()).toBe(true), 20_000);
    const sent = { tenantId: owner.tenantId, publishedAt: { not: null } };
    await eventually(async () => expect(await api.db.system.outboxMessage.count({ where: sent })).toBe(1), 20_000);
    const kept = await Promise.all(queues.all().map((queue) => queue.getJobSchedulersCount()));
    expect(kept.reduce((sum, n) => sum + n)).toBe(schedules.length);
  });
});

describe('when a node is killed', () => {
  it('then its licenses are served by Postgres, all others by the ledger, and its ledgers are rebuilt when it is back', async () => {
    const node = cluster.nodes[2]!;
    const [whole, , hit] = tenants as [TestTenant, TestTenant, TestTenant];
    const seat = await api.takeSeat(hit.member);
    const watched = await tenantOn(2, ({ id }) => logKey(id, true));
    const stream = await WatchedStream.open(await api.app.getUrl(), watched.admin.accessToken);
    await stream.expect('reset');
    await node.kill();
    await api.heartbeat(seat.session_token).expect(200);
    await eventually(async () => expect(await readiness()).toMatchObject({ status: 'degraded', redis: 'unavailable' }));
    await api.post('licenses/acquire', { machine_id: newMachine() }, hit.admin.accessToken).expect(403);
    await api.heartbeat(seat.session_token).expect(200);
    const other = await api.takeSeat(whole.member);
    expect(await held(whole)).toEqual({ postgres: 1, ledger: 1 });
    await api.release(other.session_token).expect(200);
    expect(await held(whole)).toEqual({ postgres: 0, ledger: 0 });

    node.start();
    await cluster.whole();
    await eventually(async () => {
      await api.heartbeat(seat.session_token).expect(200);
      expect(await held(hit)).toEqual({ postgres: 1, ledger: 1 });
    }, 10_000);
    await eventually(async () => expect(await readiness()).toMatchObject({ status: 'ok', redis: 'ok' }));
    await api.release(seat.session_token).expect(200);
    expect(await held(hit)).toEqual({ postgres: 0, ledger: 0 });
    await stream.expect('reset', 2, 10_000); // the events on that node are lost
    await api.takeSeat(watched.member);
    await stream.expect('seat.acquired');
    stream.close();
  });
});
