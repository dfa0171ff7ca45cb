import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';
import { LicensesService } from '../licenses.service.js';

let api: TestApp;
beforeAll(async () => {
  api = await sharedApp();
});

const denialsOf = ({ id }: TestTenant) => api.db.system.denial.findMany({ where: { tenantId: id } });

describe('given a refused acquire', () => {
  it('then a denial records the reason, the user, the machine, the requested features, the time and the request', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 0 });
    const machine = newMachine();
    await api
      .post('licenses/acquire', { machine_id: machine, features: ['agents'] }, tenant.member.accessToken)
      .set('x-request-id', 'acquire-refused')
      .expect(403);
    const [denial, ...others] = await denialsOf(tenant);
    expect(others).toEqual([]);
    expect(denial).toMatchObject({
      reason: 'no_seats_available',
      licenseId: tenant.license.id,
      userId: tenant.member.id,
      machineId: machine,
      features: ['agents'],
      product: null,
      requestId: 'acquire-refused',
    });
    expect(Math.abs(denial!.occurredAt.getTime() - api.clock.now().getTime())).toBeLessThan(5_000);
  });

  it.each([
    ['license_suspended', { status: 'suspended' }, {}],
    ['license_revoked', { status: 'revoked' }, {}],
    ['license_expired', { validUntil: new Date(0) }, {}],
    ['license_not_yet_valid', { validFrom: new Date('2200-01-01') }, {}],
    ['entitlement_missing', {}, { features: ['sso'] }],
    ['license_not_found', {}, { product: 'nonesuch' }],
  ] as const)('with %s, then the denial has that reason', async (reason, given, request) => {
    const tenant = await api.factory.tenant(given);
    await api.post('licenses/acquire', { machine_id: newMachine(), ...request }, tenant.member.accessToken);
    const licenseId = reason === 'license_not_found' ? null : tenant.license.id;
    expect(await denialsOf(tenant)).toMatchObject([{ reason, licenseId, userId: tenant.member.id }]);
  });

  it('by validate, then there is a denial as well', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 0 });
    await api.post('licenses/validate', { machine_id: newMachine() }, tenant.member.accessToken).expect(200);
    expect(await denialsOf(tenant)).toMatchObject([{ reason: 'no_seats_available' }]);
  });

  it("for another tenant's key, then the denial does not reveal that the license exists", async () => {
    const [tenant, other] = [await api.factory.tenant(), await api.factory.tenant()];
    const body = { machine_id: newMachine(), license_key: other.license.key };
    await api.post('licenses/acquire', body, tenant.member.accessToken).expect(404);
    expect(await denialsOf(tenant)).toMatchObject([{ reason: 'license_not_found', licenseId: null }]);
    expect(await denialsOf(other)).toEqual([]);
  });
});

describe('given an answer that is not a refusal of a seat', () => {
  it('then there is no denial: a granted seat, a wrong request, a role that may not acquire', async () => {
    const tenant = await api.factory.tenant();
    await api.takeSeat(tenant.member);
    await api.post('licenses/acquire', { machine_id: 'x' }, tenant.member.accessToken).expect(422);
    await api.post('licenses/acquire', { machine_id: newMachine() }, tenant.viewer.accessToken).expect(403);
    expect(await denialsOf(tenant)).toEqual([]);
  });
});

describe('given that all seats are in use', () => {
  it('when a holder is refused, then the answer has the numbers, and its own sessions to release', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 3 });
    const machine = newMachine();
    await api.takeSeat(tenant.admin);
    await api.takeSeat(tenant.owner);
    const own = await api.takeSeat(tenant.member, { machine_id: machine });
    const { body } = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken)
      .expect(403);
    expect(body).toMatchObject({
      code: 'no_seats_available',
      license_id: tenant.license.id,
      seats_total: 3,
      seats_in_use: 3,
      own_sessions: [
        {
          session_id: own.session_id,
          machine_id: machine,
          lease_expires_at: own.lease_expires_at,
          last_heartbeat_at: (await api.row(own)).lastHeartbeatAt.toISOString(),
        },
      ],
    });
    await api.post(`license-sessions/${own.session_id}/release`, {}, tenant.member.accessToken).expect(200);
    await api.takeSeat(tenant.member);
  });

  it('when a user without a seat is refused, then the answer has nothing about the machines of others', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 1 });
    const machine = newMachine();
    await api.takeSeat(tenant.admin, { machine_id: machine });
    const answer = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken)
      .expect(403);
    expect(answer.body).toMatchObject({ seats_total: 1, seats_in_use: 1, own_sessions: [] });
    expect(answer.text).not.toContain(machine);
  });

  it('when more seats than the total are held and one has lapsed, then the lapsed one is not counted as in use', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 3, leaseSeconds: 60 });
    const lapsed = await api.takeSeat(tenant.member);
    api.advance(50);
    await api.takeSeat(tenant.admin);
    await api.takeSeat(tenant.owner);
    await api.asSystem(() => api.app.get(LicensesService).changeSeats(tenant.id, tenant.license.id, 2));
    api.advance(20);
    const { body } = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken)
      .expect(403);
    expect(body).toMatchObject({ seats_total: 2, seats_in_use: 2, own_sessions: [] });
    expect((await api.row(lapsed)).status).toBe('active'); // its seat was not taken, so it is not recorded as expired yet
  });
});
