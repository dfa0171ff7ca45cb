import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';
import { TenantsService } from './tenants.service.js';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 100 });
});

const change = (status: 'active' | 'suspended', id = tenant.id) =>
  api.asSystem(() => api.app.get(TenantsService).changeStatus(id, status));
const acquire = async () => api.post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken);

describe('given live license sessions on several licenses, when their tenant is suspended', () => {
  let seats: AcquireResponse[];
  let reports: TestTenant['license'];
  beforeEach(async () => {
    reports = await api.factory.license(tenant.id, { product: 'reports' });
    seats = [
      await api.takeSeat(tenant.member),
      await api.takeSeat(tenant.admin),
      await api.takeSeat(tenant.member, { product: 'reports' }),
    ];
    await change('suspended');
  });

  it('then all of them end at once, in Postgres and in the ledgers', async () => {
    for (const seat of seats)
      expect(await api.row(seat)).toMatchObject({ status: 'revoked', endReason: 'tenant_suspended' });
    for (const license of [tenant.license, reports])
      expect(await api.seatsHeld(license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('then the next heartbeat says why, and an acquire is refused with the same code', async () => {
    for (const { session_token } of seats) {
      const { body } = await api.heartbeat(session_token).expect(403);
      expect(body).toMatchObject({ code: 'tenant_suspended', end_reason: 'tenant_suspended' });
    }
    expect(await acquire()).toMatchObject({ status: 403, body: { code: 'tenant_suspended' } });
  });

  it('then each end and the change itself are audited', async () => {
    for (const seat of seats)
      expect(await api.auditOf(seat.session_id, 'license_session.revoked')).toMatchObject([
        { actorType: 'system', after: { end_reason: 'tenant_suspended' } },
      ]);
    expect(await api.auditOf(tenant.id, 'tenant.suspended')).toMatchObject([
      { before: { status: 'active' }, after: { status: 'suspended' } },
    ]);
  });

  it('then its machines get seats again once it is reinstated', async () => {
    await change('active');
    const seat = await api.takeSeat(tenant.member);
    await api.heartbeat(seat.session_token).expect(200);
    expect((await api.heartbeat(seats[0]!.session_token).expect(403)).body.code).toBe('tenant_suspended');
    expect(await api.auditOf(tenant.id, 'tenant.reinstated')).toHaveLength(1);
  });
});

describe('when a tenant is suspended', () => {
  it('then other tenants are not affected', async () => {
    const other = await api.factory.tenant();
    const seat = await api.takeSeat(other.member);
    await change('suspended');
    await api.heartbeat(seat.session_token).expect(200);
    await api.takeSeat(other.member);
    expect(await api.seatsHeld(other.license)).toEqual({ postgres: 2, ledger: 2 });
  });

  it('then it need not have license sessions', async () => {
    expect(await change('suspended')).toMatchObject({ id: tenant.id, status: 'suspended' });
  });

  it('then it fails if the tenant does not exist', async () => {
    await expect(change('suspended', newMachine())).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('given a closed tenant', () => {
  it.each(['active', 'suspended'] as const)('then staff cannot make it %s', async (status) => {
    const closed = { status: 'closed', deleteAfter: new Date(Date.now() + 86_400_000) } as const;
    await api.db.system.tenant.update({ where: { id: tenant.id }, data: closed });
    await expect(change(status)).rejects.toMatchObject({ code: 'tenant_closed' });
    expect(await api.db.system.tenant.findUnique({ where: { id: tenant.id } })).toMatchObject(closed);
    expect(await api.auditOf(tenant.id)).toEqual([]);
  });
});

describe('given 50 acquires in flight, when the tenant is suspended between them', () => {
  it('then no session is active afterwards, neither in Postgres nor in the ledger', async () => {
    const before = Array.from({ length: 25 }, acquire);
    await expect
      .poll(async () => (await api.seatsHeld(tenant.license)).postgres, { interval: 1, timeout: 10_000 })
      .toBeGreaterThan(2);
    const suspended = change('suspended');
    const answers = await Promise.all([...before, ...Array.from({ length: 25 }, acquire)]);
    await suspended;
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => 'tenant_suspended'));
  });
});
