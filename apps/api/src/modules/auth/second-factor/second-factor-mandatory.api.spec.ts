import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { codeOf, turnOnSecondFactor } from '#test/authenticator';
import type { TestTenant } from '#test/factory';
import { newApiKey } from '#platform/access/api-key-token';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';

let api: TestApp;
let passwordHash: string;
beforeAll(async () => {
  api = await sharedApp();
  passwordHash = await hashPassword(PASSWORD);
});
afterEach(() => {
  api.clock.offsetMs = 0;
});

const require = (tenant: TestTenant, requireTwoFactor: boolean) =>
  api.db.system.tenant.update({ where: { id: tenant.id }, data: { requireTwoFactor } });

describe('an organization that requires a second factor', () => {
  it('lets users without one only set it up', async () => {
    const tenant = await api.factory.tenant();
    await require(tenant, true);
    const user = await api.factory.user(tenant.id, 'owner', { passwordHash });
    const { body } = await api.post('auth/login', { email: user.email, password: PASSWORD }).expect(200);
    const me = await api.get('auth/me', body.access_token).expect(200);
    expect(me.body).toMatchObject({ two_factor_required: true, two_factor_enabled: false });
    expect(me.body.permissions).toEqual(['self:read', 'self:update']);
    for (const route of ['licenses', 'license-sessions', 'users', 'auth/api-keys']) {
      const refused = await api.get(route, body.access_token).expect(403);
      expect([route, refused.body.code]).toEqual([route, 'two_factor_mandatory']);
    }
    await api.post('licenses/acquire', { machine_id: user.id }, body.access_token).expect(403);
    await api.post('auth/api-keys', { name: 'a way around', scopes: ['license:read'] }, body.access_token).expect(403);

    await turnOnSecondFactor(api, user, PASSWORD);
    await api.get('licenses', body.access_token).expect(200);
    const after = await api.get('auth/me', body.access_token).expect(200);
    expect(after.body.permissions).toContain('license:read');
  });

  it('locks out at once users who turn it off, and those without one when the requirement begins', async () => {
    const tenant = await api.factory.tenant();
    const user = await api.factory.user(tenant.id, 'member', { passwordHash });
    const { secret } = await turnOnSecondFactor(api, user, PASSWORD);
    await api.get('licenses', tenant.member.accessToken).expect(200);
    await require(tenant, true);
    expect((await api.get('licenses', tenant.member.accessToken).expect(403)).body.code).toBe('two_factor_mandatory');
    await api.get('licenses', user.accessToken).expect(200);
    await api.post('auth/two-factor/totp/disable', { code: codeOf(api, secret) }, user.accessToken).expect(204);
    await api.get('licenses', user.accessToken).expect(403);
    await require(tenant, false);
    await api.get('licenses', user.accessToken).expect(200);
  });

  it('does not require it of API keys', async () => {
    const tenant = await api.factory.tenant();
    await require(tenant, true);
    const { key, prefix, hash } = newApiKey(tenant.id);
    const of = { tenantId: tenant.id, userId: tenant.member.id, name: 'CI' };
    await api.db.system.apiKey.create({ data: { ...of, prefix, keyHash: hash, scopes: ['license:read'] } });
    await api.get('licenses', key).expect(200);
  });
});
