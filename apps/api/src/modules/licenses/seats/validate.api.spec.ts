import { AcquireResponse, ValidateResponse } from '@coditect/contracts/license-sessions';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';

let api: TestApp;
beforeAll(async () => {
  api = await sharedApp();
});

function validate(tenant: TestTenant, body: object = {}) {
  return api.post('licenses/validate', { machine_id: newMachine(), ...body }, tenant.member.accessToken);
}

describe('given a free seat, when a machine validates', () => {
  it('then 200 {valid: true} with every field of an acquire, and it holds the seat', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 1 });
    const { body } = await validate(tenant).expect(200);
    const { valid, ...grant } = ValidateResponse.parse(body) as { valid: true };
    expect(valid).toBe(true);
    AcquireResponse.strict().parse(grant);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
    await api.heartbeat(body.session_token).expect(200);
  });

  it('then it holds only one seat, no matter how often it validates or acquires', async () => {
    const tenant = await api.factory.tenant();
    const request = { machine_id: newMachine() };
    const { body: first } = await validate(tenant, request).expect(200);
    const { body: second } = await validate(tenant, request).expect(200);
    const { body: third } = await api.post('licenses/acquire', request, tenant.member.accessToken).expect(200);
    const tokens = [first, second, third].map(({ session_token }) => session_token as string);
    expect(new Set(tokens).size).toBe(1);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
  });
});

describe('given a reason to refuse, when a machine validates', () => {
  it.each([
    ['no seat is free', { seatsTotal: 0 }, {}, 'no_seats_available'],
    ['a feature is missing', {}, { features: ['sso'] }, 'entitlement_missing'],
    ['the license is suspended', { status: 'suspended' }, {}, 'license_suspended'],
    ['the license is revoked', { status: 'revoked' }, {}, 'license_revoked'],
    ['the license has expired', { validUntil: new Date(0) }, {}, 'license_expired'],
    ['the license is not valid yet', { validFrom: new Date('2200-01-01') }, {}, 'license_not_yet_valid'],
    ['the key is unknown', {}, { license_key: 'KEY-NONESUCH' }, 'license_not_found'],
  ] as const)('because %s, then 200 {valid: false} says so in words and as a code', async (_why, given, body, code) => {
    const tenant = await api.factory.tenant(given);
    const answer = await validate(tenant, body).expect(200);
    expect(answer.body).toEqual({ valid: false, code, error: expect.stringMatching(/\w+/) });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('because the organization is suspended, then 200 {valid: false}', async () => {
    const tenant = await api.factory.tenant();
    await api.db.system.tenant.update({ where: { id: tenant.id }, data: { status: 'suspended' } });
    expect((await validate(tenant).expect(200)).body).toMatchObject({ valid: false, code: 'tenant_suspended' });
  });

  it('because the user is disabled, then 200 {valid: false}', async () => {
    const tenant = await api.factory.tenant();
    await api.db.system.user.update({
      where: { tenantId_id: { tenantId: tenant.id, id: tenant.member.id } },
      data: { status: 'disabled' },
    });
    expect((await validate(tenant).expect(200)).body).toMatchObject({ valid: false, code: 'user_disabled' });
  });
});

describe('a request without a decision about a license stays an error', () => {
  it('a wrong request: 422', async () => {
    const { body } = await validate(await api.factory.tenant(), { machine_id: 'x' }).expect(422);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'machine_id' }] });
  });

  it('no access token: 401', async () => {
    const { body } = await api.post('licenses/validate', { machine_id: newMachine() }).expect(401);
    expect(body.code).toBe('unauthenticated');
  });

  it('a viewer, without permission to acquire: 403', async () => {
    const { viewer } = await api.factory.tenant();
    const { body } = await api.post('licenses/validate', { machine_id: newMachine() }, viewer.accessToken).expect(403);
    expect(body.code).toBe('forbidden');
  });
});
