import type { License } from '@coditect/db/generated/prisma/client';
import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { newMachine, type TestTenant } from '#test/factory';
import { ledgerKeys } from './ledger/seat-ledger.scripts.js';
import { LicensesService } from './licenses.service.js';

let api: TestApp;
beforeAll(async () => {
  api = await TestApp.start();
});
afterAll(() => api.stop());

function changeSeats(license: License, seatsTotal: number) {
  return api.asSystem(() => api.app.get(LicensesService).changeSeats(license.tenantId, license.id, seatsTotal));
}
/** Changes the license as another process does: this process does not notice. */
async function changeSeatsElsewhere({ tenantId, id }: License, seatsTotal: number): Promise<void> {
  await api.db.system.license.update({ where: { tenantId_id: { tenantId, id } }, data: { seatsTotal } });
}

/** A tenant whose license has `seats` seats; the numbers in `held` are held. */
async function tenantHolding(
  seats: number,
  held: number[],
): Promise<{ tenant: TestTenant; holders: AcquireResponse[] }> {
  const tenant = await api.factory.tenant({ seatsTotal: seats });
  const all = [];
  for (let i = 0; i < seats; i += 1) all.push(await api.takeSeat(tenant.member));
  for (const seat of all) if (!held.includes(seat.seat_no)) await api.release(seat.session_token).expect(200);
  return { tenant, holders: all.filter((seat) => held.includes(seat.seat_no)) };
}

/** Acquires for new machines until one is refused. Returns the granted seat numbers. */
async function fillUp(tenant: TestTenant): Promise<number[]> {
  const seats = [];
  for (;;) {
    const { status, body } = await api.post(
      'licenses/acquire',
      { machine_id: newMachine() },
      tenant.member.accessToken,
    );
    if (body.code === 'no_seats_available') return seats;
    if (status !== 201) throw new Error(`neither a seat nor a refusal: ${status} ${body.code}`);
    seats.push(body.seat_no as number);
  }
}

describe('given two lapsed seats, and a total lowered to one', () => {
  const LEASE_S = 360;

  it.each(['a lost ledger', 'an evicted key'])('then after %s only one of the holders has a seat', async (loss) => {
    const tenant = await api.factory.tenant({ seatsTotal: 2, leaseSeconds: LEASE_S });
    const back = await api.takeSeat(tenant.member);
    const request = { machine_id: newMachine() };
    const lapsed = await api.takeSeat(tenant.admin, request);
    api.advance(LEASE_S + 15);
    await changeSeats(tenant.license, 1);
    await api.heartbeat(back.session_token).expect(200); // there is room for it, because the other has lapsed
    const keys = ledgerKeys(tenant.id, tenant.license.id);
    await api.redis.del(...(loss === 'an evicted key' ? keys.slice(0, 1) : keys));

    const { body } = await api.post('licenses/acquire', request, tenant.admin.accessToken).expect(403);
    expect(body).toMatchObject({ code: 'no_seats_available' });
    await api.heartbeat(lapsed.session_token).expect(410);
    await api.heartbeat(back.session_token).expect(200);
  });
});

describe('given held seats, when the total is lowered below them', () => {
  it('then no holder loses its seat: it heartbeats, acquires again and releases as before', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 3 });
    const request = { machine_id: newMachine() };
    const seats = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.admin)];
    const third = await api.takeSeat(tenant.owner, request);
    await changeSeats(tenant.license, 1);
    for (const { session_token } of [...seats, third]) await api.heartbeat(session_token).expect(200);
    const { body } = await api.post('licenses/acquire', request, tenant.owner.accessToken).expect(200);
    expect(body).toMatchObject({ session_id: third.session_id, seat_no: 3 });
  });

  it('then no other machine gets a seat until enough are given back', async () => {
    const { tenant, holders } = await tenantHolding(3, [1, 2, 3]);
    await changeSeats(tenant.license, 2);
    expect(await fillUp(tenant)).toEqual([]);
    await api.release(holders[0]!.session_token).expect(200); // two of two are held
    expect(await fillUp(tenant)).toEqual([]);
    await api.release(holders[1]!.session_token).expect(200); // one of two is held
    expect(await fillUp(tenant)).toEqual([1]);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 2, ledger: 2 });
  });

  it('then a holder whose lease has lapsed comes back by heartbeat only where there is room', async () => {
    const { tenant, holders } = await tenantHolding(3, [1, 2, 3]);
    await changeSeats(tenant.license, 2);
    const [first, second, third] = holders.map((holder) => holder.session_token);
    api.advance(300);
    for (const token of [first!, second!]) await api.heartbeat(token).expect(200);
    api.advance(100); // the third has lapsed
    const { body } = await api.heartbeat(third!).expect(410);
    expect(body).toMatchObject({ code: 'lease_lost', end_reason: 'lease_expired' });
    await api.release(first!).expect(200); // seat 2 is held: there is room below the total, and seat 3 is above it
    await api.heartbeat(third!).expect(410);
    expect(await fillUp(tenant)).toEqual([1]);
  });

  it('then an audit entry records the change', async () => {
    const { license } = await api.factory.tenant({ seatsTotal: 5 });
    await changeSeats(license, 2);
    expect(await api.auditOf(license.id)).toMatchObject([
      { action: 'license.seats_changed', before: { seats_total: 5 }, after: { seats_total: 2 }, actorType: 'system' },
    ]);
  });
});

// Held seat numbers above and below the new total: in every arrangement, exactly the remaining seats are granted.
const lowered = [
  { seats: 5, held: [4, 5], to: 3, granted: [1] },
  { seats: 5, held: [2, 4, 5], to: 3, granted: [] },
  { seats: 3, held: [2, 3], to: 2, granted: [] },
  { seats: 5, held: [1, 5], to: 3, granted: [2] },
  { seats: 5, held: [3, 4], to: 3, granted: [1] },
  { seats: 5, held: [5], to: 1, granted: [] },
  { seats: 4, held: [1, 4], to: 4, granted: [2, 3] },
];

describe.each(lowered)(
  'given $seats seats, $held held, when the total is lowered to $to',
  ({ seats, held, to, granted }) => {
    it(`then the seats [${granted.join(', ')}] are granted, and then no more`, async () => {
      const { tenant } = await tenantHolding(seats, held);
      await changeSeats(tenant.license, to);
      expect(await fillUp(tenant)).toEqual(granted);
    });

    it('then the same holds in a process that still has the old total in its cache', async () => {
      const { tenant } = await tenantHolding(seats, held);
      await changeSeatsElsewhere(tenant.license, to);
      expect(await fillUp(tenant)).toEqual(granted);
    });
  },
);

describe('given a full license, when the total is raised', () => {
  it('then the next acquire gets a new seat at once', async () => {
    const { tenant } = await tenantHolding(1, [1]);
    await changeSeats(tenant.license, 2);
    expect(await fillUp(tenant)).toEqual([2]);
  });

  it('then the same holds in a process with the old total in its cache: a refusal is decided on a fresh read', async () => {
    const { tenant } = await tenantHolding(1, [1]);
    expect(await fillUp(tenant)).toEqual([]);
    await changeSeatsElsewhere(tenant.license, 3);
    expect(await fillUp(tenant)).toEqual([2, 3]);
  });
});

describe('given many acquires in flight, when the total is lowered between them', () => {
  it('then each is answered, Postgres has exactly the granted sessions, and no more are granted afterwards', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 30 });
    const acquire = async () => api.post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken);
    const before = Array.from({ length: 15 }, acquire);
    const change = changeSeats(tenant.license, 10);
    const answers = await Promise.all([...before, ...Array.from({ length: 25 }, acquire)]);
    await change;
    const granted = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ body }) => body.code === 'no_seats_available');
    expect(granted.length + refused.length).toBe(40);
    expect(granted.length).toBeGreaterThanOrEqual(10);
    expect((await api.seatsHeld(tenant.license)).postgres).toBe(granted.length);
    expect(await fillUp(tenant)).toEqual([]);
  });
});

describe('given no Redis, when the total is lowered', () => {
  const prepared: { tenant: TestTenant; granted: number[] }[] = [];
  beforeAll(async () => {
    for (const { seats, held, to, granted } of lowered) {
      const { tenant } = await tenantHolding(seats, held);
      await changeSeats(tenant.license, to);
      prepared.push({ tenant, granted });
    }
    await api.stack.redis.stop();
  });

  it('then Postgres alone grants the same seats, and no more', async () => {
    for (const { tenant, granted } of prepared) expect(await fillUp(tenant)).toEqual(granted);
  });
});
