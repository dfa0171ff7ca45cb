import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import type { TestTenant } from '../factory.js';
import { Cluster } from './cluster.js';
import { machines, Machine, tally } from './machine.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(2);
});
afterAll(() => cluster.stop());

let tenant: TestTenant;
let holders: Machine[];
beforeEach(async () => {
  tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
  holders = machines(3, tenant.member);
  for (const holder of holders) expect((await holder.acquire(cluster.at(0))).status).toBe(201);
});

const KEYS = ['meta', 'leases', 'sessions', 'holders', 'free', 'lapsed'];
async function evict(name: string): Promise<void> {
  const key = ledgerKeys(tenant.id, tenant.license.id).find((full) => full.endsWith(`:${name}`));
  await cluster.app.redis.del(key!);
}

const beatAll = () => Promise.all(holders.map((holder, i) => holder.heartbeat(cluster.at(i))));

/** Expects that each holder has its seat and a whole lease, no other machine gets one, and a released seat goes to
 *  the next. */
async function expectAllIsWell(): Promise<void> {
  const sessions = holders.map((holder) => holder.seat!.session_id);
  expect(tally(await beatAll())).toEqual({ 200: 3 });
  for (const holder of holders) {
    const left = Date.parse(holder.seat!.lease_expires_at) - Date.now();
    expect(left).toBeGreaterThan((tenant.license.leaseSeconds - 10) * 1000);
    expect(left).toBeLessThanOrEqual((tenant.license.leaseSeconds + 1) * 1000);
  }
  const again = await Promise.all(holders.map((holder, i) => holder.acquire(cluster.at(i))));
  expect(tally(again)).toEqual({ 200: 3 });
  expect(holders.map((holder) => holder.seat!.session_id)).toEqual(sessions);
  const others = await Promise.all(machines(10, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i))));
  expect(tally(others)).toEqual({ no_seats_available: 10 });
  expect((await cluster.active(tenant.license)).map((row) => row.id).toSorted()).toEqual(sessions.toSorted());

  await holders[0]!.release(cluster.at(1));
  const next = await Promise.all(machines(10, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i))));
  expect(tally(next)).toEqual({ 201: 1, no_seats_available: 9 });
}

describe('given three held seats of three, when Redis loses everything', () => {
  it('then every holder continues as before, and no other machine gets a seat', async () => {
    await cluster.app.redis.flushall();
    await expectAllIsWell();
  });

  it('repeatedly during heartbeats and acquires, then no heartbeat fails and no seat is granted or lost', async () => {
    const end = performance.now() + 2_000;
    const beats: number[] = [];
    const asked: string[] = [];
    const until = async (work: (turn: number) => Promise<unknown>) => {
      for (let turn = 0; performance.now() < end; turn += 1) await work(turn);
    };
    await Promise.all([
      until(() => cluster.app.redis.flushall()),
      ...holders.map((holder) => until(async (turn) => beats.push((await holder.heartbeat(cluster.at(turn))).status))),
      ...machines(6, tenant.admin).map((machine) =>
        until(async (turn) => asked.push(String((await machine.acquire(cluster.at(turn))).code))),
      ),
    ]);
    expect(new Set(beats)).toEqual(new Set([200]));
    // While the ledger is lost faster than it is rebuilt, "try again" is a correct response too.
    expect(asked.filter((code) => code !== 'no_seats_available' && code !== 'temporarily_unavailable')).toEqual([]);
    expect(asked).toContain('no_seats_available');
    await expectAllIsWell();
  });
});

describe('given three held seats of three, when Redis evicts one key of the ledger', () => {
  it.each(KEYS)('%s, then every holder continues, and no other machine gets a seat', async (key) => {
    await evict(key);
    await expectAllIsWell();
  });

  it.each(KEYS)('%s, then a released session does not survive in the rest of the ledger', async (key) => {
    await evict(key);
    expect((await holders[1]!.release(cluster.at(0))).status).toBe(200);
    expect((await holders[1]!.heartbeat(cluster.at(1))).code).toBe('lease_lost');
    expect((await holders[1]!.acquire(cluster.at(1))).status).toBe(201);
    await expectAllIsWell();
  });

  it.each(KEYS)('%s, then a holder that acquires again first gets its own seat', async (key) => {
    const before = holders[1]!.seat!.session_id;
    await evict(key);
    expect((await holders[1]!.acquire(cluster.at(0))).status).toBe(200);
    expect(holders[1]!.seat!.session_id).toBe(before);
    await expectAllIsWell();
  });
});
