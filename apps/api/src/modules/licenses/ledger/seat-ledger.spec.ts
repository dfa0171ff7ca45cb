import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { LEASE_MS, newClaim, newRow, SESSION_MS, TestLedger } from '#test/ledger';
import { type LicenseRef, PENDING_MS, type SeatLedger } from './seat-ledger.js';

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
const SLACK_MS = 5_000;

describe('acquire', () => {
  it('of a ledger that was never built is cold, and writes no key', async () => {
    const unknown = { tenantId: randomUUID(), licenseId: randomUUID() };
    expect(await ledger.acquire(unknown, newClaim())).toEqual({ verdict: 'cold' });
    expect(await on.keysOf(unknown)).toEqual([]);
  });

  it('grants the lowest free seat, unconfirmed, with a short lease and the whole session', async () => {
    const claim = newClaim();
    const before = await on.now();
    const answer = await ledger.acquire(license, claim);
    expect(answer).toMatchObject({
      verdict: 'granted',
      sessionId: claim.sessionId,
      tokenHash: claim.tokenHash,
      tokenSalt: claim.tokenSalt,
      seatNo: 1,
      confirmed: false,
      lapsed: [],
    });
    if (answer.verdict !== 'granted') throw new Error('no seat');
    expect(answer.now).toBeGreaterThanOrEqual(before);
    expect(answer.leaseEnd).toBe(answer.now + PENDING_MS);
    expect(answer.endsAt).toBe(answer.now + SESSION_MS);
  });

  it('counts up, fills gaps from below, and is full at the total', async () => {
    const held = [await on.hold(license), await on.hold(license), await on.hold(license)];
    expect(held.map(({ seatNo }) => seatNo)).toEqual([1, 2, 3]);
    expect(await acquire()).toMatchObject({ verdict: 'full', live: 3 });
    await ledger.forget(license, [held[2]!.sessionId, held[0]!.sessionId]);
    expect(await acquire()).toMatchObject({ verdict: 'granted', seatNo: 1 });
    expect(await acquire()).toMatchObject({ verdict: 'granted', seatNo: 3 });
    expect(await acquire()).toMatchObject({ verdict: 'full' });
  });

  it('is full for a total below what is held, and grants again for a higher one', async () => {
    await on.hold(license);
    await on.hold(license);
    expect(await acquire({ seatsTotal: 0 })).toMatchObject({ verdict: 'full', live: 2 });
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({ verdict: 'full', live: 2 });
    expect(await acquire({ seatsTotal: 100 })).toMatchObject({ verdict: 'granted', seatNo: 3 });
  });

  it('finds the session of the holder, whatever the other arguments, and extends its lease', async () => {
    const claim = newClaim();
    const first = await on.hold(license, claim);
    on.advance(60_000);
    const again = await acquire({ userId: claim.userId, machineId: claim.machineId, seatsTotal: 1 });
    expect(again).toMatchObject({
      verdict: 'held',
      confirmed: true,
      sessionId: claim.sessionId,
      tokenSalt: claim.tokenSalt,
      tokenHash: claim.tokenHash,
      seatNo: 1,
      endsAt: first.endsAt,
    });
    if (again.verdict !== 'held') throw new Error('not held');
    expect(again.leaseEnd).toBe(again.now + LEASE_MS);
  });

  it('identifies the holder by user and machine together: neither alone is enough', async () => {
    const claim = newClaim();
    await on.hold(license, claim);
    expect(await acquire({ userId: claim.userId })).toMatchObject({ verdict: 'granted', seatNo: 2 });
    expect(await acquire({ machineId: claim.machineId })).toMatchObject({ verdict: 'granted', seatNo: 3 });
  });

  it('ends session and lease no later than the license', async () => {
    const validUntil = new Date((await on.now()) + PENDING_MS / 2);
    const answer = await acquire({ validUntil });
    expect(answer).toMatchObject({ endsAt: validUntil.getTime(), leaseEnd: validUntil.getTime() });
  });

  it('sees nothing of other licenses or other tenants', async () => {
    const claim = newClaim({ seatsTotal: 1 });
    await on.hold(license, claim);
    for (const other of [
      { ...license, licenseId: randomUUID() },
      { ...license, tenantId: randomUUID() },
    ]) {
      await ledger.rebuild(other, 'cold', []);
      expect(await ledger.acquire(other, { ...claim, sessionId: randomUUID() })).toMatchObject({ verdict: 'granted' });
    }
  });
});

describe('a grant that was never confirmed', () => {
  it('lapses by itself after some seconds, and is not reported as lapsed: it has no row', async () => {
    await acquire({ seatsTotal: 1 });
    on.advance(PENDING_MS - SLACK_MS);
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({ verdict: 'full' });
    on.advance(SLACK_MS);
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({ verdict: 'granted', seatNo: 1, lapsed: [] });
  });

  it('is found by its holder again, still unconfirmed, with the same token', async () => {
    const claim = newClaim();
    await acquire(claim);
    const again = await acquire({ userId: claim.userId, machineId: claim.machineId });
    expect(again).toMatchObject({
      verdict: 'held',
      confirmed: false,
      sessionId: claim.sessionId,
      tokenSalt: claim.tokenSalt,
    });
  });

  it('gets its full lease when it is confirmed', async () => {
    const claim = newClaim({ seatsTotal: 1 });
    await acquire(claim);
    await ledger.confirm(license, claim.sessionId, []);
    on.advance(LEASE_MS - SLACK_MS);
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({ verdict: 'full' });
  });

  it('is not brought back by a late confirmation', async () => {
    const claim = newClaim({ seatsTotal: 1 });
    await acquire(claim);
    await ledger.forget(license, [claim.sessionId]);
    await ledger.confirm(license, claim.sessionId, []);
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({ verdict: 'granted', seatNo: 1 });
  });

  it('does not hide the lapsed session whose seat it had taken', async () => {
    const lapsed = await on.hold(license, { seatsTotal: 1 });
    on.advance(LEASE_MS + 1);
    await acquire({ seatsTotal: 1 });
    on.advance(PENDING_MS + 1);
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({
      verdict: 'granted',
      lapsed: [lapsed.sessionId, lapsed.sessionId],
    });
  });
});

describe('a lease that is over', () => {
  it('frees its seat; the next grants name the lapsed session until it is recorded', async () => {
    const old = await on.hold(license, { seatsTotal: 1 });
    on.advance(LEASE_MS + 1);
    const next = await acquire({ seatsTotal: 1 });
    expect(next).toMatchObject({ verdict: 'granted', seatNo: 1 });
    if (next.verdict !== 'granted') throw new Error('no seat');
    expect(new Set(next.lapsed)).toEqual(new Set([old.sessionId]));
    await ledger.confirm(license, next.sessionId, [{ sessionId: old.sessionId, seatNo: 1 }]);
    on.advance(LEASE_MS + 1);
    const third = await acquire({ seatsTotal: 1 });
    if (third.verdict !== 'granted') throw new Error('no seat');
    expect(new Set(third.lapsed)).toEqual(new Set([next.sessionId]));
  });

  it('still belongs to its holder as long as the seat is not taken', async () => {
    const claim = newClaim();
    await on.hold(license, claim);
    on.advance(LEASE_MS + 1);
    expect(await acquire({ userId: claim.userId, machineId: claim.machineId })).toMatchObject({
      verdict: 'held',
      sessionId: claim.sessionId,
    });
  });

  it('cannot be resumed after the session end: its holder gets a new session', async () => {
    const claim = newClaim({ leaseMs: SESSION_MS });
    await on.hold(license, claim);
    on.advance(SESSION_MS + 1);
    const again = await acquire({ userId: claim.userId, machineId: claim.machineId });
    expect(again).toMatchObject({ verdict: 'granted', seatNo: 1 });
    expect(again).not.toMatchObject({ sessionId: claim.sessionId });
  });
});

describe('heartbeat', () => {
  it('extends the lease by its whole length, up to the session end', async () => {
    const held = await on.hold(license);
    on.advance(100_000);
    const answer = await ledger.heartbeat(license, held.sessionId, held.tokenHash);
    expect(answer).toMatchObject({ verdict: 'alive', endsAt: held.endsAt, leaseMs: LEASE_MS });
    if (answer.verdict !== 'alive') throw new Error('not alive');
    expect(answer.leaseEnd).toBe(answer.now + LEASE_MS);

    for (let at = 100_000; at < SESSION_MS - LEASE_MS; at += 300_000) {
      on.advance(300_000);
      await ledger.heartbeat(license, held.sessionId, held.tokenHash);
    }
    expect(await ledger.heartbeat(license, held.sessionId, held.tokenHash)).toMatchObject({ leaseEnd: held.endsAt });
  });

  it('is refused with another token; null stands for a caller that is authorised otherwise', async () => {
    const held = await on.hold(license);
    expect(await ledger.heartbeat(license, held.sessionId, randomBytes(32))).toEqual({ verdict: 'mismatch' });
    expect(await ledger.heartbeat(license, held.sessionId, null)).toMatchObject({ verdict: 'alive' });
  });

  it('is unknown for a session that does not exist or is not committed yet: Postgres decides', async () => {
    expect(await ledger.heartbeat(license, randomUUID(), null)).toEqual({ verdict: 'unknown' });
    const pending = newClaim();
    await acquire(pending);
    expect(await ledger.heartbeat(license, pending.sessionId, pending.tokenHash)).toEqual({ verdict: 'unknown' });
  });

  it('is over at the session end', async () => {
    const held = await on.hold(license);
    on.advance(SESSION_MS);
    expect(await ledger.heartbeat(license, held.sessionId, held.tokenHash)).toEqual({ verdict: 'ended' });
  });

  it('of a ledger that was never built is cold, and writes no key', async () => {
    const unknown = { tenantId: randomUUID(), licenseId: randomUUID() };
    expect(await ledger.heartbeat(unknown, randomUUID(), null)).toEqual({ verdict: 'cold' });
    expect(await on.keysOf(unknown)).toEqual([]);
  });
});

describe('adopt', () => {
  it('puts in a session at its own seat, with its lease, and leaves the seats below it free', async () => {
    const now = await on.now();
    const row = newRow({ seatNo: 3, endsAt: now + SESSION_MS, leaseEnd: now + LEASE_MS });
    expect(await ledger.adopt(license, row)).toBe('adopted');
    expect(await ledger.heartbeat(license, row.sessionId, row.tokenHash)).toMatchObject({ verdict: 'alive' });
    expect(await acquire()).toMatchObject({ verdict: 'granted', seatNo: 1 });
    expect(await acquire()).toMatchObject({ verdict: 'granted', seatNo: 2 });
    expect(await acquire()).toMatchObject({ verdict: 'full' });
  });

  it('twice is once', async () => {
    const now = await on.now();
    const row = newRow({ endsAt: now + SESSION_MS, leaseEnd: now + LEASE_MS });
    for (let i = 0; i < 2; i += 1) expect(await ledger.adopt(license, row)).toBe('adopted');
    expect(await acquire({ seatsTotal: 1 })).toMatchObject({ verdict: 'full', live: 1 });
  });

  it('never shortens a lease that a heartbeat has prolonged', async () => {
    const now = await on.now();
    const row = newRow({ endsAt: now + SESSION_MS, leaseEnd: now + LEASE_MS });
    await ledger.adopt(license, row);
    await ledger.adopt(license, { ...row, leaseExpiresAt: new Date(now + 1_000) });
    on.advance(2_000);
    expect(await ledger.live(license)).toEqual(new Map([[row.sessionId, true]]));
  });

  it('is refused if the seat or the holder has another session: the ledger is wrong then', async () => {
    const claim = newClaim();
    const held = await on.hold(license, claim);
    const endsAt = held.endsAt;
    expect(await ledger.adopt(license, newRow({ seatNo: held.seatNo, endsAt }))).toBe('taken');
    const { userId, machineId } = claim;
    expect(await ledger.adopt(license, newRow({ seatNo: 2, endsAt, userId, machineId }))).toBe('taken');
    expect(await ledger.heartbeat(license, held.sessionId, held.tokenHash)).toMatchObject({ verdict: 'alive' });
  });

  it('of a ledger that was never built is cold, and writes no key', async () => {
    const unknown = { tenantId: randomUUID(), licenseId: randomUUID() };
    const endsAt = (await on.now()) + SESSION_MS;
    expect(await ledger.adopt(unknown, newRow({ endsAt }))).toBe('cold');
    expect(await on.keysOf(unknown)).toEqual([]);
  });
});

describe('forget', () => {
  it('frees each seat once, no matter how often it is called', async () => {
    const held = [await on.hold(license), await on.hold(license)];
    const ids = held.map(({ sessionId }) => sessionId);
    for (let i = 0; i < 3; i += 1) await ledger.forget(license, [...ids, randomUUID()]);
    expect(await ledger.heartbeat(license, ids[0]!, null)).toEqual({ verdict: 'unknown' });
    const granted = [];
    for (let i = 0; i < 4; i += 1) granted.push(await acquire());
    expect(granted.map((answer) => ('seatNo' in answer ? answer.seatNo : answer.verdict))).toEqual([1, 2, 3, 'full']);
  });
});
