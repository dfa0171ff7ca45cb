import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';

let api: TestApp;
beforeAll(async () => {
  api = await sharedApp();
});

const DAY_MS = 24 * 60 * 60 * 1000;
const inDays = (days: number) => new Date(api.clock.now().getTime() + days * DAY_MS);

function acquire(tenant: TestTenant, body: object = {}) {
  return api.post('licenses/acquire', { machine_id: newMachine(), ...body }, tenant.member.accessToken);
}

async function refusal(tenant: TestTenant, status: number, body: object = {}) {
  const answer = await acquire(tenant, body).expect(status);
  return answer.body as Record<string, unknown>;
}

describe('given licenses of several products', () => {
  let tenant: TestTenant;
  let reports: { id: string; key: string };
  beforeAll(async () => {
    tenant = await api.factory.tenant();
    reports = await api.factory.license(tenant.id, { product: 'reports', validUntil: inDays(1) });
  });

  it('when neither product nor key is given, then the product is "coditect"', async () => {
    expect((await api.takeSeat(tenant.member)).license_id).toBe(tenant.license.id);
  });

  it('when a product is named, then a license of that product grants the seat', async () => {
    expect((await api.takeSeat(tenant.member, { product: 'reports' })).license_id).toBe(reports.id);
  });

  it('when a license key is named, then that license grants the seat, whatever its product', async () => {
    expect((await api.takeSeat(tenant.member, { license_key: reports.key })).license_id).toBe(reports.id);
  });

  it.each([
    ['a product that was not bought', { product: 'nonesuch' }],
    ['a key that does not exist', { license_key: 'KEY-NONESUCH' }],
  ])('when %s is named, then 404', async (_what, body) => {
    expect((await refusal(tenant, 404, body)).code).toBe('license_not_found');
  });

  it("when another tenant's key is named, then it is unknown: 404", async () => {
    const { license } = await api.factory.tenant();
    expect((await refusal(tenant, 404, { license_key: license.key })).code).toBe('license_not_found');
    expect(await api.seatsHeld(license)).toEqual({ postgres: 0, ledger: 0 });
  });
});

describe('given several licenses of one product, one seat each', () => {
  let tenant: TestTenant;
  let soon: { id: string; key: string };
  let late: { id: string; key: string };
  beforeEach(async () => {
    tenant = await api.factory.tenant({ seatsTotal: 1 }); // this license has no end
    late = await api.factory.license(tenant.id, { seatsTotal: 1, validUntil: inDays(20) });
    soon = await api.factory.license(tenant.id, { seatsTotal: 1, validUntil: inDays(10) });
  });

  it('when machines acquire, then the seats are used up soonest to expire first, and the next license takes over', async () => {
    const used = [];
    for (let i = 0; i < 3; i += 1) used.push((await api.takeSeat(tenant.member)).license_id);
    expect(used).toEqual([soon.id, late.id, tenant.license.id]);
    expect((await refusal(tenant, 403)).code).toBe('no_seats_available');
  });

  it('when the preferred license is named by its key and is full, then no other takes over', async () => {
    await api.takeSeat(tenant.member, { license_key: soon.key });
    expect(await refusal(tenant, 403, { license_key: soon.key })).toMatchObject({
      code: 'no_seats_available',
      license_id: soon.id,
    });
  });

  it('when a holder acquires again after another license became the preferred one, then it keeps its seat', async () => {
    const first = await api.takeSeat(tenant.member);
    const machine = newMachine();
    const held = await api.takeSeat(tenant.member, { machine_id: machine });
    expect(held.license_id).toBe(late.id);
    await api.release(first.session_token).expect(200);

    const { body } = await acquire(tenant, { machine_id: machine }).expect(200);
    expect(body).toMatchObject({ session_id: held.session_id, license_id: late.id });
    expect(await api.seatsHeld({ ...tenant.license, id: soon.id })).toEqual({ postgres: 0, ledger: 0 });
  });

  it('when the preferred one is suspended, then the next grants the seat', async () => {
    await api.db.system.license.update({
      where: { tenantId_id: { tenantId: tenant.id, id: soon.id } },
      data: { status: 'suspended' },
    });
    expect((await api.takeSeat(tenant.member)).license_id).toBe(late.id);
  });
});

describe('given a license with the features "editor" and "agents"', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await api.factory.tenant({ features: ['editor', 'agents'] });
  });

  it.each([[[]], [['agents']], [['agents', 'editor']]])(
    'when %j are needed, then there is a seat',
    async (features) => {
      const seat = await api.takeSeat(tenant.member, { features });
      expect(seat.features).toEqual(['editor', 'agents']);
      await api.release(seat.session_token).expect(200);
    },
  );

  it('when one more is needed, then 403 names the missing feature, and no seat is taken', async () => {
    const body = await refusal(tenant, 403, { features: ['agents', 'audit', 'sso'] });
    expect(body).toMatchObject({
      code: 'entitlement_missing',
      missing_features: ['audit', 'sso'],
      license_id: tenant.license.id,
    });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('when a license that expires later has all needed features, then that one grants the seat', async () => {
    const plain = await api.factory.tenant({ features: ['editor'], validUntil: inDays(10) });
    const rich = await api.factory.license(plain.id, { features: ['editor', 'sso'], validUntil: inDays(20) });
    expect((await api.takeSeat(plain.member, { features: ['sso'] })).license_id).toBe(rich.id);
    expect((await api.takeSeat(plain.member)).license_id).toBe(plain.license.id);
  });
});

describe('given a license that grants no seats', () => {
  it.each([
    ['is suspended', { status: 'suspended' }, 'license_suspended'],
    ['is revoked', { status: 'revoked' }, 'license_revoked'],
    ['has expired', { validUntil: new Date(Date.now() - DAY_MS) }, 'license_expired'],
    ['is not valid yet', { validFrom: new Date(Date.now() + 30 * DAY_MS) }, 'license_not_yet_valid'],
  ] as const)('when it %s, then 403 says so, by product and by key', async (_what, data, code) => {
    const tenant = await api.factory.tenant(data);
    expect(await refusal(tenant, 403)).toMatchObject({ code, license_id: tenant.license.id });
    expect(await refusal(tenant, 403, { license_key: tenant.license.key })).toMatchObject({ code });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('when its validity begins, then it grants seats; when it ends, then it stops', async () => {
    const tenant = await api.factory.tenant({ validFrom: inDays(1), validUntil: inDays(2) });
    expect((await refusal(tenant, 403)).code).toBe('license_not_yet_valid');
    api.advance(24 * 3600 + 1);
    tenant.member = await api.factory.signIn(tenant.member);
    await api.takeSeat(tenant.member);
    api.advance(24 * 3600);
    tenant.member = await api.factory.signIn(tenant.member);
    expect((await refusal(tenant, 403)).code).toBe('license_expired');
  });

  it('when another process has just changed its state, then the cached state grants no seat', async () => {
    const tenant = await api.factory.tenant();
    await api.takeSeat(tenant.member); // the license is cached from now on
    await api.db.system.license.update({
      where: { tenantId_id: { tenantId: tenant.id, id: tenant.license.id } },
      data: { status: 'suspended' },
    });
    expect((await refusal(tenant, 403)).code).toBe('license_suspended');
    expect((await api.seatsHeld(tenant.license)).postgres).toBe(1);
  });

  it('when another process has just added a license, then the cached licenses refuse no acquire', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 1 });
    await api.takeSeat(tenant.member);
    const { id } = await api.factory.license(tenant.id);
    expect((await api.takeSeat(tenant.member)).license_id).toBe(id);
  });
});
