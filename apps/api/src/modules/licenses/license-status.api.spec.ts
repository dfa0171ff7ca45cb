import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import type { License, LicenseStatus } from '@coditect/db/generated/prisma/client';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';
import { ProblemError } from '#platform/problems/problem';
import { LicensesService } from './licenses.service.js';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 100 });
});

const change = ({ tenantId, id }: License, status: LicenseStatus) =>
  api.asSystem(() => api.app.get(LicensesService).changeStatus(tenantId, id, status));
const acquire = async (body: object = { machine_id: newMachine() }) =>
  api.post('licenses/acquire', body, tenant.member.accessToken);

const ends = [
  { status: 'suspended', code: 'license_suspended' },
  { status: 'revoked', code: 'license_revoked' },
] as const;

describe.each(ends)('given live license sessions, when their license is $status', ({ status, code }) => {
  let seats: AcquireResponse[];
  beforeEach(async () => {
    seats = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.admin)];
    await change(tenant.license, status);
  });

  it('then all of them have ended at once, in Postgres and in the ledger', async () => {
    for (const seat of seats) expect(await api.row(seat)).toMatchObject({ status: 'revoked', endReason: code });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('then the next heartbeat says why', async () => {
    for (const { session_token, session_id } of seats) {
      const { body } = await api.heartbeat(session_token).expect(403);
      expect(body).toMatchObject({ code, end_reason: code, session_id, ended_at: expect.any(String) });
    }
  });

  it('then an acquire is refused with the same code, for former holders and for others', async () => {
    const known = (await api.row(seats[0]!)).machineId;
    for (const machine_id of [known, newMachine()])
      expect(await acquire({ machine_id })).toMatchObject({ status: 403, body: { code } });
  });

  it('then each end and the change itself are audited', async () => {
    for (const seat of seats)
      expect(await api.auditOf(seat.session_id, 'license_session.revoked')).toMatchObject([
        { actorType: 'system', before: { status: 'active' }, after: { status: 'revoked', end_reason: code } },
      ]);
    expect(await api.auditOf(tenant.license.id, `license.${status}`)).toMatchObject([
      { before: { status: 'active' }, after: { status } },
    ]);
  });

  it("then the sessions of the tenant's other licenses stay alive", async () => {
    await api.factory.license(tenant.id, { product: 'reports' });
    const other = await api.takeSeat(tenant.member, { product: 'reports' });
    await change(tenant.license, status);
    const { body } = await api.heartbeat(other.session_token).expect(200);
    expect(body.status).toBe('active');
  });
});

describe('given a suspended license, when it is reinstated', () => {
  it('then it grants seats again at once, and no old session comes back', async () => {
    const machine = newMachine();
    const old = await api.takeSeat(tenant.member, { machine_id: machine });
    await change(tenant.license, 'suspended');
    await change(tenant.license, 'active');
    const next = await api.takeSeat(tenant.member, { machine_id: machine });
    expect(next.seat_no).toBe(1);
    expect(next.session_id).not.toBe(old.session_id);
    expect((await api.heartbeat(old.session_token).expect(403)).body.code).toBe('license_suspended');
    await api.heartbeat(next.session_token).expect(200);
    expect(await api.auditOf(tenant.license.id, 'license.reinstated')).toHaveLength(1);
  });
});

describe('given a revoked license', () => {
  it('when it is reinstated, then that is refused: revoked is final', async () => {
    await change(tenant.license, 'revoked');
    await expect(change(tenant.license, 'active')).rejects.toThrow(ProblemError);
    await expect(change(tenant.license, 'suspended')).rejects.toMatchObject({ code: 'license_revoked' });
    expect(await acquire()).toMatchObject({ status: 403, body: { code: 'license_revoked' } });
  });

  it('when it is revoked and reinstated at the same time, then it stays revoked', async () => {
    await change(tenant.license, 'suspended');
    const { id } = tenant.license;
    // Both changes wait for this transaction, the revocation first.
    const changes: Promise<unknown>[] = [];
    await api.db.systemTx(async (tx) => {
      await tx.$queryRaw`SELECT id FROM licenses WHERE id = ${id}::uuid FOR UPDATE`;
      for (const status of ['revoked', 'active'] as const) {
        changes.push(change(tenant.license, status));
        await expect.poll(waitingForLocks, { timeout: 10_000 }).toBe(changes.length);
      }
    });
    const [revoked, reinstated] = await Promise.allSettled(changes);
    expect(revoked).toMatchObject({ status: 'fulfilled' });
    expect(reinstated).toMatchObject({ status: 'rejected', reason: { code: 'license_revoked' } });
    expect(await api.db.system.license.findFirst({ where: { id } })).toMatchObject({ status: 'revoked' });
  });
});

async function waitingForLocks(): Promise<number> {
  const { rows } = await api.db.systemQuery<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0]!.n;
}

describe('given a license that does not exist, when it is changed', () => {
  it("then license_not_found, also for another tenant's id", async () => {
    const other = await api.factory.tenant();
    const foreign = { ...tenant.license, tenantId: other.id };
    await expect(change(foreign, 'suspended')).rejects.toMatchObject({ code: 'license_not_found' });
  });
});

describe('given 50 acquires in flight, when the license is suspended between them', () => {
  it('then no session is active afterwards, neither in Postgres nor in the ledger, and every heartbeat says why', async () => {
    const before = Array.from({ length: 25 }, async () => acquire());
    // Some are granted already, some are still in flight.
    await expect
      .poll(async () => (await api.seatsHeld(tenant.license)).postgres, { interval: 1, timeout: 10_000 })
      .toBeGreaterThan(2);
    const suspended = change(tenant.license, 'suspended');
    const answers = await Promise.all([...before, ...Array.from({ length: 25 }, async () => acquire())]);
    await suspended;
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
    const granted = answers.filter(({ status }) => status === 201);
    expect(granted.length).toBeGreaterThan(2);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => 'license_suspended'));
    for (const { body } of granted)
      expect((await api.heartbeat(body.session_token)).body.code).toBe('license_suspended');
  });

  it('then a holder that acquires again at that moment is refused, although it held a seat', async () => {
    const request = { machine_id: newMachine() };
    await api.takeSeat(tenant.member, request);
    const [, ...answers] = await Promise.all([
      change(tenant.license, 'suspended'),
      ...Array.from({ length: 20 }, async () => acquire(request)),
    ]);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
    expect(new Set(answers.map(({ status }) => status))).not.toContain(201);
    expect(await acquire(request)).toMatchObject({ status: 403, body: { code: 'license_suspended' } });
  });
});
