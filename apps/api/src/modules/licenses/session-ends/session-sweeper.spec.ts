import type { License } from '@coditect/db/generated/prisma/client';
import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { newMachine, type TestTenant } from '#test/factory';
import { SeatLedger } from '../ledger/seat-ledger.js';
import { SessionSweeper } from './session-sweeper.js';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await TestApp.start();
});
beforeEach(async () => {
  api.advance(9 * 3600);
  await sweep(); // sessions left over from other tests
  tenant = await api.factory.tenant({ seatsTotal: 10, leaseSeconds: 300, sessionSeconds: 1000 });
});
afterAll(() => api.stop());

const sweep = () => api.asSystem(() => api.app.get(SessionSweeper).sweep());
const ledgerKey = ({ tenantId, id }: License, name: string) => `seats:{${tenantId}:${id}}:${name}`;
/** A heartbeat that is missing in Postgres, as if its process had died before writing it. */
const heartbeatInRedisOnly = ({ session_id }: AcquireResponse) =>
  api.app.get(SeatLedger).heartbeat({ tenantId: tenant.id, licenseId: tenant.license.id }, session_id, null);

async function candidatesRead(since: Date): Promise<boolean> {
  const { rowCount } = await api.db.systemQuery(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND query_start >= $1
       AND query LIKE 'SELECT tenant_id AS "tenantId"%'`,
    [since],
  );
  return rowCount === 1;
}

describe('given lapsed license sessions, when the sweeper runs', () => {
  it('then each is recorded as expired at the end of its lease, with an audit entry by the system', async () => {
    const seats = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.admin)];
    api.advance(400);
    expect(await sweep()).toBe(2);
    for (const seat of seats) {
      const row = await api.row(seat);
      expect(row).toMatchObject({ status: 'expired', endReason: 'lease_expired' });
      expect(row.endedAt!.toISOString()).toBe(seat.lease_expires_at);
      expect(await api.auditOf(seat.session_id, 'license_session.expired')).toMatchObject([
        {
          actorType: 'system',
          actorId: null,
          resourceType: 'license_session',
          before: { status: 'active' },
          after: { status: 'expired', end_reason: 'lease_expired', seat_no: seat.seat_no },
        },
      ]);
    }
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('then one that had reached its session end is recorded as ended, not as lapsed', async () => {
    const own = await api.factory.tenant({ leaseSeconds: 300, sessionSeconds: 300 });
    const seat = await api.takeSeat(own.member);
    api.advance(400);
    expect(await sweep()).toBe(1);
    expect(await api.row(seat)).toMatchObject({ status: 'expired', endReason: 'session_ended' });
    expect((await api.row(seat)).endedAt!.toISOString()).toBe(seat.expires_at);
  });

  it('then the next heartbeats of their holders say so', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(400);
    await sweep();
    const { body } = await api.heartbeat(seat.session_token).expect(410);
    expect(body).toMatchObject({ code: 'lease_lost', end_reason: 'lease_expired', ended_at: seat.lease_expires_at });
  });

  it('then their seats are granted again, lowest first', async () => {
    await api.takeSeat(tenant.member);
    await api.takeSeat(tenant.member);
    api.advance(400);
    await sweep();
    expect((await api.takeSeat(tenant.admin)).seat_no).toBe(1);
    expect((await api.takeSeat(tenant.admin)).seat_no).toBe(2);
  });

  it('then it records each only once, also if it runs again or five times at once', async () => {
    const seats = [];
    for (let i = 0; i < 5; i += 1) seats.push(await api.takeSeat(tenant.member));
    api.advance(400);
    const recorded = await Promise.all(Array.from({ length: 5 }, sweep));
    expect(recorded.reduce((sum, n) => sum + n, 0)).toBe(5);
    expect(await sweep()).toBe(0);
    for (const seat of seats) expect(await api.auditOf(seat.session_id, 'license_session.expired')).toHaveLength(1);
  });

  it('then those of all tenants and licenses are recorded', async () => {
    const others = [await api.factory.tenant(), await api.factory.tenant()];
    const seats = [await api.takeSeat(tenant.member)];
    for (const other of others) seats.push(await api.takeSeat(other.member));
    await api.factory.license(tenant.id, { product: 'reports' });
    seats.push(await api.takeSeat(tenant.member, { product: 'reports' }));
    api.advance(500);
    expect(await sweep()).toBe(4);
    for (const seat of seats) expect((await api.row(seat)).status).toBe('expired');
  });

  it('then with a concurrent acquire of the same seat, each is recorded once and the seat is held once', async () => {
    const lapsed = await api.takeSeat(tenant.member);
    api.advance(400);
    const [, answer] = await Promise.all([
      sweep(),
      (async () => api.post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken))(),
    ]);
    expect(answer).toMatchObject({ status: 201, body: { seat_no: 1 } });
    expect(await api.auditOf(lapsed.session_id, 'license_session.expired')).toHaveLength(1);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
  });
});

describe('given a live license session, when the sweeper runs', () => {
  it('then it stays active if only Redis knows its last heartbeats', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(250);
    await heartbeatInRedisOnly(seat);
    api.advance(250);
    expect((await api.row(seat)).leaseExpiresAt.getTime()).toBeLessThan(api.clock.now().getTime());
    expect(await sweep()).toBe(0);
    expect((await api.row(seat)).status).toBe('active');
    await api.heartbeat(seat.session_token).expect(200);
  });

  it('then it stays active if only Postgres knows its last heartbeat', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(400);
    await api.db.system.licenseSession.updateMany({
      where: { id: seat.session_id },
      data: { leaseExpiresAt: new Date(api.clock.now().getTime() + 60_000) },
    });
    expect(await sweep()).toBe(0);
    expect((await api.row(seat)).status).toBe('active');
  });

  it('then it stays active if its heartbeat is written just before the sweeper records it', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(400);
    const since = new Date();
    await api.redis.client('PAUSE', 900); // the sweeper has read its candidates, and waits for the ledger
    const swept = sweep();
    await expect.poll(() => candidatesRead(since), { interval: 5, timeout: 10_000 }).toBe(true);
    await api.db.system.licenseSession.updateMany({
      where: { id: seat.session_id },
      data: { leaseExpiresAt: new Date(api.clock.now().getTime() + 60_000) },
    });
    expect(await swept).toBe(0);
    expect((await api.row(seat)).status).toBe('active');
  });

  it('then it stays active if the ledger was just lost, because its holder may be alive', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(400);
    await api.redis.del(ledgerKey(tenant.license, 'meta'));
    expect(await sweep()).toBe(0);
    await api.heartbeat(seat.session_token).expect(200);
  });

  it('then it stays active for some seconds after its recorded lease: a heartbeat may not be written yet', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(310);
    expect(await sweep()).toBe(0);
    expect((await api.row(seat)).status).toBe('active');
  });

  it('then a released one is left as it is', async () => {
    const seat = await api.takeSeat(tenant.member);
    await api.release(seat.session_token).expect(200);
    api.advance(400);
    expect(await sweep()).toBe(0);
    expect(await api.row(seat)).toMatchObject({ status: 'released', endReason: 'released' });
  });
});
