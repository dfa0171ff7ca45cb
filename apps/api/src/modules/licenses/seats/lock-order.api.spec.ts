import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';
import { HeartbeatWriter } from '../sessions/heartbeat-writer.js';
import { LicensesService } from '../licenses.service.js';

// Two transactions that lock the same rows in different orders can wait for each other until Postgres aborts one of
// them. In each test, two transactions need the same two rows. The test fails if they lock the rows in different
// orders.
let api: TestApp;
let tenant: TestTenant;
let seats: [AcquireResponse, AcquireResponse];
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 2 });
  // Sorting the sessions by age gives the opposite of sorting them by machine. A statement without ORDER BY finds rows
  // in the order of the index that it uses.
  seats = [
    await api.takeSeat(tenant.member, { machine_id: 'f'.repeat(64) }),
    await api.takeSeat(tenant.member, { machine_id: '0'.repeat(64) }),
  ];
});

/** Starts the two transactions one after the other while both rows are locked, then unlocks the rows. */
async function startTogether<First, Second>(
  first: () => Promise<First>,
  second: () => Promise<Second>,
): Promise<[PromiseSettledResult<First>, PromiseSettledResult<Second>]> {
  return Promise.allSettled(
    await api.db.systemTx(async (tx) => {
      await tx.$queryRaw`SELECT id FROM license_sessions WHERE tenant_id = ${tenant.id}::uuid FOR UPDATE`;
      const one = first();
      await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
      const other = second();
      await expect.poll(waiting, { timeout: 10_000 }).toBe(2);
      return [one, other] as const;
    }),
  );
}

async function waiting(): Promise<number> {
  const { rows } = await api.db.systemQuery<{ n: number }>(
    `SELECT count(DISTINCT pid)::int AS n FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE NOT l.granted AND a.datname = current_database()`,
  );
  return rows[0]!.n;
}

describe('given heartbeats being written, when the license is suspended', () => {
  it('then the heartbeats are written and the sessions end', async () => {
    const writer = api.app.get(HeartbeatWriter);
    const leaseEnd = new Date(api.clock.now().getTime() + 500_000);
    for (const { session_id: sessionId, license_id: licenseId } of seats)
      writer.add({ tenantId: tenant.id, licenseId, sessionId, leaseEnd, at: api.clock.now() });
    const outcomes = await startTogether(
      () => writer.flush(),
      () => api.asSystem(() => api.app.get(LicensesService).changeStatus(tenant.id, tenant.license.id, 'suspended')),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    for (const seat of seats)
      expect(await api.row(seat)).toMatchObject({ status: 'revoked', leaseExpiresAt: leaseEnd });
  });
});

describe('given lapsed sessions of a user who is being disabled, when a colleague acquires', () => {
  it('then the user is disabled and the colleague gets a seat', async () => {
    api.advance(400);
    const [disabled, acquired] = await startTogether(
      async () => api.post(`users/${tenant.member.id}/disable`, {}, tenant.admin.accessToken),
      async () => api.post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken),
    );
    expect(disabled).toMatchObject({ value: { status: 200 } });
    expect(acquired).toMatchObject({ value: { status: 201, body: { seat_no: 1 } } });
    for (const seat of seats) expect((await api.row(seat)).status).not.toBe('active');
  });
});
