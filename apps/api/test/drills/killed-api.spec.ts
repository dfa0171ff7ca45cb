import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiProcess } from '../api-process.js';
import type { TestTenant } from '../factory.js';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { FaultProxy } from './fault-proxy.js';
import { Machine } from './machine.js';
import { type LockedRow, withLockedRow } from './postgres-locks.js';

/** How long a grant waits for its row, by Redis' clock (PENDING_MS). */
const UNCONFIRMED_SECONDS = 15;
const LEASE_SECONDS = 360;

let cluster: Cluster;
let proxy: FaultProxy;
beforeAll(async () => {
  cluster = await Cluster.start(1);
  proxy = await FaultProxy.before(cluster.app.stack.redis.url);
});
afterAll(async () => {
  await cluster.stop();
  await proxy.stop();
});

let tenant: TestTenant;
let machine: Machine;
let waiting: Machine;
let victim: ApiProcess;
beforeEach(async () => {
  cluster.app.clock.offsetMs = 0;
  proxy.set('pass');
  tenant = await cluster.app.factory.tenant({ seatsTotal: 1, leaseSeconds: LEASE_SECONDS });
  [machine, waiting] = [new Machine(tenant.member), new Machine(tenant.admin)];
  victim = await cluster.add({ REDIS_URL: proxy.through(cluster.app.stack.redis.url) });
});

const active = async () => (await cluster.active(tenant.license)).map((row) => row.machineId);
const waitingGets = async () => {
  const { status, code } = await waiting.acquire(cluster.local);
  return code ?? status;
};

describe('given the only seat, when the API process is killed after the ledger granted it and before the commit', () => {
  async function killBeforeCommit(andThen: (lock: LockedRow) => Promise<void>): Promise<void> {
    await withLockedRow(cluster.app.stack, 'licenses', tenant.license, async (lock) => {
      const answered = machine.acquire(victim).then(
        () => true,
        () => false,
      );
      await lock.waiters(1);
      await victim.kill();
      expect(await answered).toBe(false);
      await andThen(lock);
    });
  }

  it('and the transaction is lost, then the seat is free after 15 s, and granted once', async () => {
    await killBeforeCommit((lock) => lock.endWaiters());
    expect(await cluster.sessions(tenant.license)).toEqual([]);
    expect(await waitingGets()).toBe('no_seats_available');
    cluster.app.advance(UNCONFIRMED_SECONDS + 1);
    expect(await waitingGets()).toBe(201);
    expect((await machine.acquire(cluster.local)).code).toBe('no_seats_available');
    expect(await active()).toEqual([waiting.id]);
  });

  it('and Postgres still commits, then the machine that asks again has that seat, and no other', async () => {
    await killBeforeCommit(async () => {});
    await eventually(async () => expect(await active()).toEqual([machine.id]));
    expect((await machine.acquire(cluster.at(0))).status).toBe(200);
    expect((await machine.heartbeat(cluster.at(0))).status).toBe(200);
    cluster.app.advance(UNCONFIRMED_SECONDS + 1);
    expect(await waitingGets()).toBe('no_seats_available');
    expect(await active()).toEqual([machine.id]);
  });

  it('and Postgres still commits but the machine does not ask again, then the seat is lost for at most the lease', async () => {
    await killBeforeCommit(async () => {});
    await eventually(async () => expect(await active()).toEqual([machine.id]));
    for (const seconds of [UNCONFIRMED_SECONDS + 1, 200, LEASE_SECONDS - 10]) {
      cluster.app.clock.offsetMs = seconds * 1000;
      expect(await waitingGets()).toBe('no_seats_available');
    }
    cluster.app.clock.offsetMs = (LEASE_SECONDS + 1) * 1000;
    expect(await waitingGets()).toBe(201);
    expect(await active()).toEqual([waiting.id]);
  });
});

describe('given the only seat, when the API process is killed after the commit and before the ledger heard of it', () => {
  beforeEach(async () => {
    let answered: Promise<unknown> = Promise.resolve();
    await withLockedRow(cluster.app.stack, 'licenses', tenant.license, async (lock) => {
      answered = machine.acquire(victim);
      await lock.waiters(1);
      proxy.set('silence');
    });
    await answered;
    await victim.kill();
    proxy.set('cut');
    expect(machine.seat!.seat_no).toBe(1);
  });

  it('then the holder sends heartbeats to another process and keeps its seat', async () => {
    expect((await machine.heartbeat(cluster.at(0))).status).toBe(200);
    cluster.app.advance(UNCONFIRMED_SECONDS + 1);
    expect(await waitingGets()).toBe('no_seats_available');
    expect((await machine.heartbeat(cluster.local)).status).toBe(200);
    expect(await active()).toEqual([machine.id]);
  });

  it('then the seat is safe for the whole lease without a heartbeat, although the ledger frees it', async () => {
    cluster.app.advance(UNCONFIRMED_SECONDS + 1);
    expect(await waitingGets()).toBe('no_seats_available');
    expect((await machine.heartbeat(cluster.local)).status).toBe(200);
    expect(await active()).toEqual([machine.id]);
  });
});
