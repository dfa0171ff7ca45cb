import type { DeviceAuthorizationResponse } from '@coditect/contracts/device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { deviceCalls } from '#test/device-calls';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { hashPassword } from '#test/passwords';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await TestApp.start();
  tenant = await api.factory.tenant();
});
afterAll(() => api.stop());

const { begin, poll, decide, expectPolled } = deviceCalls(() => api);

describe('an approved device', () => {
  it('is signed in as its approver, once, without waiting for the interval', async () => {
    const device = await begin();
    await expectPolled(device, 'authorization_pending');
    await decide(device.user_code.toLowerCase(), 'approve', tenant.member.accessToken).expect(204);
    const { body, headers } = await poll(device).set('user-agent', 'coditect-license').expect(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^crt_/),
    });
    const me = await api.get('auth/me', body.access_token).expect(200);
    expect(me.body).toMatchObject({ id: tenant.member.id, tenant: { id: tenant.id }, role: 'member' });
    await api.post('auth/refresh', { refresh_token: body.refresh_token }).expect(200);
    await expectPolled(device, 'expired_token');
  });

  it('is listed among the approver’s logins, and can be ended there', async () => {
    const device = await begin();
    const approver = await api.factory.user(tenant.id, 'admin');
    await decide(device.user_code, 'approve', approver.accessToken).expect(204);
    const { body } = await poll(device).set('user-agent', 'coditect-license').expect(200);
    const logins = (await api.get('auth/logins', approver.accessToken).expect(200)).body.results;
    const login = logins.find(({ method }: { method: string }) => method === 'device');
    expect(login).toMatchObject({ user_agent: 'coditect-license', current: false });
    const ending = api.http().delete(`/api/v1/auth/logins/${login.id}`);
    await ending.set('authorization', `Bearer ${approver.accessToken}`).expect(204);
    await api.get('auth/me', body.access_token).expect(401);
  });

  it('gets only one login for many polls at once', async () => {
    for (let i = 0; i < 5; i += 1) {
      const device = await begin();
      const approver = await api.factory.user(tenant.id, 'member');
      await decide(device.user_code, 'approve', approver.accessToken).expect(204);
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => poll(device)));
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(4);
      const where = { userId: approver.id, method: 'device' };
      expect(await api.db.system.login.count({ where })).toBe(1);
    }
  });

  it('gets no login if its user has been disabled meanwhile', async () => {
    const device = await begin();
    const approver = await api.factory.user(tenant.id, 'member');
    await decide(device.user_code, 'approve', approver.accessToken).expect(204);
    await api.post(`users/${approver.id}/disable`, {}, tenant.owner.accessToken).expect(200);
    expect((await poll(device).expect(403)).body.code).toBe('user_disabled');
    await expectPolled(device, 'expired_token');
  });
});

describe('an approval that has not been used', () => {
  const PASSWORD = 'correct horse battery staple';
  async function approved(): Promise<{ device: DeviceAuthorizationResponse; approver: TestUser }> {
    const device = await begin();
    const passwordHash = await hashPassword(PASSWORD);
    const approver = await api.factory.user(tenant.id, 'member', { passwordHash });
    await decide(device.user_code, 'approve', approver.accessToken).expect(204);
    return { device, approver };
  }

  it.each([
    ['logs out everywhere', (by: TestUser) => api.post('auth/logout-everywhere', {}, by.accessToken)],
    ['ends that login', (by: TestUser) => api.delete(`auth/logins/${by.loginId}`, by.accessToken)],
    [
      'sets a new password by a link',
      async ({ email }: TestUser) => {
        await api.post('auth/password/forgot', { email }).expect(202);
        const token = tokenIn((await mailsTo(api, email)).at(-1));
        return api.post('auth/password/reset', { token, password: 'seven drowsy otters on a raft' });
      },
    ],
  ])('is invalid once the approver %s', async (_, end) => {
    const { device, approver } = await approved();
    expect((await end(approver)).status).toBeLessThan(300);
    await expectPolled(device, 'expired_token');
    expect(await api.db.system.login.count({ where: { userId: approver.id, method: 'device' } })).toBe(0);
  });

  it('leaves no login if it is used while its user logs out everywhere', async () => {
    for (let i = 0; i < 5; i += 1) {
      const { device, approver } = await approved();
      await Promise.all([poll(device), api.post('auth/logout-everywhere', {}, approver.accessToken)]);
      const where = { userId: approver.id, revokedAt: null };
      expect(await api.db.system.login.count({ where })).toBe(0);
    }
  });

  it('is reported by mail', async () => {
    const { approver } = await approved();
    expect((await mailsTo(api, approver.email)).at(-1)).toMatchObject({
      template: 'device_approved',
      data: { tenant: tenant.slug, client_name: 'coditect-license on build-7' },
    });
  });
});
