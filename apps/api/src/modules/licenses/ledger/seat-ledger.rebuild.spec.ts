import { randomUUID } from 'node:crypto';
import { startRedis } from '@coditect/local-stack/redis';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { LEASE_MS, newClaim, newRow, SESSION_MS, TestLedger } from '#test/ledger';
import { RedisUnavailable } from '#platform/redis/redis-connection';
import type { LedgerSession, LicenseRef, SeatLedger } from './seat-ledger.js';

let on: TestLedger;
let ledger: SeatLedger;
let license: LicenseRef;
beforeAll(async () => {
  on = await TestLedger.open(inject('redisUrl'));
  ledger = on.ledger;
});
beforeEach(async () => {
  license = await on.newLicense();
});
afterAll(() => on.close());

const acquire = (args: Parameters<typeof newClaim>[0] = {}) => ledger.acquire(license, newClaim(args));
const leaseEndOf = async ({ sessionId }: { sessionId: string }) => {
  const ends = await ledger.leaseEnds(license, [sessionId]);
  return ends === 'cold' ? ends : ends.leaseEnds[0]! - ends.now;
};
/** The session with a recorded lease that ended `ago` ms before now. */
const recorded = async (row: LedgerSession, ago: number) => ({
  ...row,
  leaseExpiresAt: new Date((await on.now()) - ago),
});
const SLACK_MS = 5_000;

describe('lease ends, as the sweeper reads them', () => {
  it('are those of live sessions, and 0 for a lapsed or unknown session', async () => {
    const lapsed = await on.hold(license);
    on.advance(200_000);
    const live = await on.hold(license);
    on.advance(LEASE_MS - 200_000 + 1);
    const ids = [live.sessionId, lapsed.sessionId, randomUUID()];
    const ends = await ledger.leaseEnds(license, ids);
    if (ends === 'cold') throw new Error('cold');
    expect(ends.leaseEnds.map((end) => Math.max(0, end - ends.now) > 0)).toEqual([true, false, false]);
    expect(ends.leaseEnds.slice(1)).toEqual([0, 0]);
  });

  it('once read as 0, the seat is free, and its next grant names the lapsed session', async () => {
    const lapsed = await on.hold(license, { seatsTotal: 1 });
    on.advance(LEASE_MS + 1);
    await ledger.leaseEnds(license, [lapsed.sessionId]);
    expect(await ledger.heartbeat(license, lapsed.sessionId, null)).toEqual({ verdict: 'unknown' });
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({
      verdict: 'granted',
      seatNo: 1,
      lapsed: expect.arrayContaining([lapsed.sessionId]),
    });
  });

  it('are unknown to a cold ledger', async () => {
    const unknown = { tenantId: randomUUID(), licenseId: randomUUID() };
    expect(await ledger.leaseEnds(unknown, [randomUUID()])).toBe('cold');
  });
});

describe('a rebuild of a cold ledger', () => {
  let endsAt: number;
  beforeEach(async () => {
    await on.evict(license, 'meta');
    endsAt = (await on.now()) + SESSION_MS;
  });

  it('puts every session on its seat from Postgres, and leaves the other numbers free', async () => {
    const rows = [newRow({ seatNo: 2, endsAt }), newRow({ seatNo: 4, endsAt })];
    await ledger.rebuild(license, 'cold', await Promise.all(rows.map((row) => recorded(row, -LEASE_MS))));
    for (const row of rows)
      expect(await ledger.heartbeat(license, row.sessionId, row.tokenHash)).toMatchObject({ verdict: 'alive', endsAt });
    const [first, second] = rows as [LedgerSession, LedgerSession];
    expect(await acquire({ userId: first.userId, machineId: first.machineId })).toMatchObject({
      verdict: 'held',
      confirmed: true,
      seatNo: 2,
      tokenSalt: first.tokenSalt,
    });
    const granted = [];
    for (let i = 0; i < 4; i += 1) granted.push(await acquire({ seatsTotal: 5 }));
    expect(granted.map((answer) => ('seatNo' in answer ? answer.seatNo : answer.verdict))).toEqual([1, 3, 5, 'full']);
    expect(second.seatNo).toBe(4);
  });

  it('gives every session a fresh lease, even if its recorded lease has just run out', async () => {
    const [fresh, over] = [newRow({ seatNo: 1, endsAt }), newRow({ seatNo: 2, endsAt })];
    await ledger.rebuild(license, 'cold', [await recorded(fresh, -1000), await recorded(over, LEASE_MS - SLACK_MS)]);
    for (const row of [fresh, over]) {
      expect(await leaseEndOf(row)).toBeGreaterThan(LEASE_MS - SLACK_MS);
      expect(await leaseEndOf(row)).toBeLessThanOrEqual(LEASE_MS);
    }
  });

  it('gives a session whose recorded lease has run out its seat only where lowered seats leave room', async () => {
    const seat = (seatNo: number) => newRow({ seatNo, endsAt, seatsTotal: 2 });
    const [first, second, third, fourth] = [seat(1), seat(2), seat(3), seat(4)];
    await ledger.rebuild(license, 'cold', [
      await recorded(first, 1000), // room: one seat above it is held
      await recorded(second, 1000), // no room: with the seat above it, three seats would be held
      await recorded(third, -1000), // its lease still runs, so it keeps its seat
      await recorded(fourth, 1000),
    ]);
    const verdicts = [];
    for (const { sessionId } of [first, second, third, fourth])
      verdicts.push((await ledger.heartbeat(license, sessionId, null)).verdict);
    expect(verdicts).toEqual(['alive', 'unknown', 'alive', 'unknown']);
  });

  it('gives no lease beyond the session end', async () => {
    const row = newRow({ endsAt: (await on.now()) + 60_000 });
    await ledger.rebuild(license, 'cold', [await recorded(row, 0)]);
    expect(await leaseEndOf(row)).toBeLessThanOrEqual(60_000);
  });

  it.each([
    ['ended more than another whole lease ago: a live holder would have sent heartbeats', LEASE_MS + 1, SESSION_MS],
    ['has reached its session end', 0, -1],
  ])('gives no seat to a session whose lease %s', async (_why, ago, ends) => {
    const row = newRow({ endsAt: (await on.now()) + ends });
    await ledger.rebuild(license, 'cold', [await recorded(row, ago)]);
    expect(await ledger.heartbeat(license, row.sessionId, row.tokenHash)).toEqual({ verdict: 'unknown' });
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({
      verdict: 'granted',
      seatNo: 1,
      lapsed: expect.arrayContaining([row.sessionId]),
    });
  });

  it('changes nothing if another process has built the ledger already', async () => {
    await ledger.rebuild(license, 'cold', []);
    const held = await on.hold(license);
    await ledger.rebuild(license, 'cold', [await recorded(newRow({ endsAt }), 0)]);
    expect(await ledger.heartbeat(license, held.sessionId, held.tokenHash)).toMatchObject({ verdict: 'alive' });
  });
});

describe('a forced rebuild of a warm ledger', () => {
  const rowOf = async (claim: ReturnType<typeof newClaim>, ago: number) => {
    const held = await on.hold(license, claim);
    return recorded(newRow({ ...claim, ...held }), ago);
  };

  it('removes sessions that Postgres does not know, and adds those it knows', async () => {
    const wrong = await on.hold(license);
    const right = newRow({ seatNo: 1, endsAt: wrong.endsAt });
    await ledger.rebuild(license, 'force', [await recorded(right, 0)]);
    expect(await ledger.heartbeat(license, wrong.sessionId, null)).toEqual({ verdict: 'unknown' });
    expect(await ledger.heartbeat(license, right.sessionId, null)).toMatchObject({ verdict: 'alive' });
  });

  it('keeps the leases it knew: no holder gains time', async () => {
    const row = await rowOf(newClaim(), 0);
    on.advance(300_000);
    await ledger.rebuild(license, 'force', [row]);
    expect(await leaseEndOf(row)).toBeLessThanOrEqual(60_000);
    expect(await leaseEndOf(row)).toBeGreaterThan(0);
  });

  it('keeps an extended lease that only it knew, no matter how old the recorded one is', async () => {
    const row = await rowOf(newClaim(), 2 * LEASE_MS);
    await ledger.rebuild(license, 'force', [row]);
    expect(await leaseEndOf(row)).toBeGreaterThan(LEASE_MS - SLACK_MS);
  });

  it('gives an unknown session its recorded lease, not a fresh one', async () => {
    const row = newRow({ endsAt: (await on.now()) + SESSION_MS });
    await ledger.rebuild(license, 'force', [await recorded(row, -100_000)]);
    expect(await leaseEndOf(row)).toBeLessThanOrEqual(100_000);
    expect(await leaseEndOf(row)).toBeGreaterThan(100_000 - SLACK_MS);
  });

  it('keeps sessions lapsed that it had seen lapse, so that a dead holder gets no new lease', async () => {
    const row = await rowOf(newClaim({ seatsTotal: 1 }), -LEASE_MS);
    on.advance(LEASE_MS + SLACK_MS);
    await acquire({ seatsTotal: 1 }); // sees the lease lapse; the new grant is never confirmed
    await ledger.rebuild(license, 'force', [row]);
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({
      verdict: 'granted',
      lapsed: expect.arrayContaining([row.sessionId]),
    });
  });

  it('restores a session it had seen lapse if Postgres knows a later heartbeat', async () => {
    const row = await rowOf(newClaim({ seatsTotal: 1 }), 0);
    on.advance(LEASE_MS + 1);
    await acquire({ seatsTotal: 1 });
    await ledger.rebuild(license, 'force', [await recorded(row, -1000)]);
    expect(await ledger.heartbeat(license, row.sessionId, row.tokenHash)).toMatchObject({ verdict: 'alive' });
  });
});

describe('a ledger of which Redis has evicted one key', () => {
  it.each(['meta', 'leases', 'sessions', 'holders', 'free'])('%s: is cold, so that Postgres decides', async (name) => {
    const held = [await on.hold(license), await on.hold(license)];
    await ledger.forget(license, [held[0]!.sessionId]);
    await on.evict(license, name);
    expect(await acquire()).toEqual({ verdict: 'cold' });
    expect(await acquire()).toEqual({ verdict: 'cold' });
  });

  it('lapsed: grants as before; Postgres finds the lapsed sessions that it no longer names', async () => {
    await on.hold(license, { seatsTotal: 1 });
    on.advance(LEASE_MS + 1);
    await acquire({ seatsTotal: 1 });
    await on.evict(license, 'lapsed');
    on.advance(LEASE_MS);
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({ verdict: 'granted', lapsed: [] });
  });

  it('sessions: leaves a heartbeat to Postgres, and adopts no session beside one it no longer knows', async () => {
    const claim = newClaim();
    const held = await on.hold(license, claim);
    await on.evict(license, 'sessions');
    expect(await ledger.heartbeat(license, held.sessionId, held.tokenHash)).toEqual({ verdict: 'unknown' });
    expect(await ledger.adopt(license, newRow({ ...claim, ...held }))).toBe('taken');
  });
});

describe('a ledger without Redis', () => {
  it('throws RedisUnavailable from every method, at once', async () => {
    const redis = await startRedis();
    const alone = await TestLedger.open(redis.url);
    const ref = await alone.newLicense();
    await redis.stop();
    const started = Date.now();
    for (const call of [
      () => alone.ledger.acquire(ref, newClaim()),
      () => alone.ledger.confirm(ref, randomUUID(), []),
      () => alone.ledger.heartbeat(ref, randomUUID(), null),
      () => alone.ledger.adopt(ref, newRow({ endsAt: Date.now() })),
      () => alone.ledger.forget(ref, [randomUUID()]),
      () => alone.ledger.leaseEnds(ref, [randomUUID()]),
      () => alone.ledger.rebuild(ref, 'force', []),
    ])
      await expect(call()).rejects.toThrow(RedisUnavailable);
    expect(Date.now() - started).toBeLessThan(2_000);
    await alone.close();
  });
});
