import type { DeviceAuthorizationResponse } from '@coditect/contracts/device';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { newApiKey } from '#platform/access/api-key-token';
import { hashPassword } from '#test/passwords';

const DASHBOARD = 'https://app.example.test';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await TestApp.start(undefined, { DASHBOARD_URL: `${DASHBOARD}/` });
  tenant = await api.factory.tenant();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});
afterAll(() => api.stop());

async function begin(clientName = 'coditect-license on build-7'): Promise<DeviceAuthorizationResponse> {
  return (await api.post('auth/device', { client_name: clientName }).expect(200)).body as DeviceAuthorizationResponse;
}
const poll = (device: { device_code: string }) => api.post('auth/device/token', { device_code: device.device_code });
const look = (code: string, accessToken?: string) => api.get(`auth/device/${encodeURIComponent(code)}`, accessToken);
const decide = (code: string, what: 'approve' | 'deny', accessToken?: string) =>
  api.post(`auth/device/${encodeURIComponent(code)}/${what}`, {}, accessToken);
const rowOf = (device: DeviceAuthorizationResponse) =>
  api.db.system.deviceAuthorization.findUniqueOrThrow({ where: { userCode: device.user_code.replace('-', '') } });

/** A refused poll, whose `error` is what OAuth clients read. */
async function expectPolled(device: { device_code: string }, error: string): Promise<void> {
  const { body, headers } = await poll(device).expect(400);
  expect(body).toMatchObject({ code: error, error });
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  });
}

describe('a device that asks to be signed in', () => {
  it('gets a code to poll with and one to show, and where to enter it', async () => {
    const { body, headers } = await api.post('auth/device', { client_name: 'an editor' }).expect(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      device_code: expect.stringMatching(/^cdc_[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${DASHBOARD}/device`,
      verification_uri_complete: `${DASHBOARD}/device?user_code=${body.user_code}`,
      expires_in: 600,
      interval: 5,
    });
  });

  it('gets other codes each time, of which the secret one is stored as a hash only', async () => {
    const [one, two] = [await begin(), await begin()];
    expect(one.device_code).not.toBe(two.device_code);
    expect(one.user_code).not.toBe(two.user_code);
    const { deviceCodeHash } = await rowOf(one);
    expect(Buffer.from(deviceCodeHash)).toHaveLength(32);
    expect(Buffer.from(deviceCodeHash).toString('base64url')).not.toBe(one.device_code.slice('cdc_'.length));
  });

  it.each(['', ' ', 'x'.repeat(101), 'a\0b', 'a\nb', 'a\u202eb', undefined])(
    'has to say what it is: %j',
    async (client_name) => {
      expect((await api.post('auth/device', { client_name }).expect(422)).body.errors[0].path).toBe('client_name');
    },
  );

  it('leaves nothing behind once its code has expired', async () => {
    const device = await begin();
    api.advance(601);
    await begin();
    await expect(rowOf(device)).rejects.toMatchObject({ code: 'P2025' });
  });
});

describe('the person who was shown a code', () => {
  it('sees what asks, however the code is typed', async () => {
    const device = await begin('coditect-license on build-7');
    const code = device.user_code;
    for (const typed of [code, code.toLowerCase(), code.replace('-', ''), ` ${code.replace('-', ' ')} `]) {
      const { body } = await look(typed, tenant.viewer.accessToken).expect(200);
      expect(body).toEqual({
        client_name: 'coditect-license on build-7',
        ip: '127.0.0.1',
        created_at: expect.any(String),
        expires_at: expect.any(String),
      });
      expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(600_000);
    }
  });

  it.each(['BCDF-GHJK', 'BCDF-GHJ', 'AAAA-AAAA', '%', '\0', "' OR 1=1", '01890000-0000-7000-8000-000000000000'])(
    'finds nothing under %j',
    async (code) => {
      const { accessToken: token } = tenant.member;
      for (const call of [look(code, token), decide(code, 'approve', token), decide(code, 'deny', token)])
        expect((await call.expect(404)).body.code).toBe('device_not_found');
    },
  );

  it('finds nothing once the code has expired', async () => {
    const device = await begin();
    const { accessToken } = tenant.member;
    api.advance(600);
    await look(device.user_code, accessToken).expect(404);
    await decide(device.user_code, 'approve', accessToken).expect(404);
  });

  it('has to be signed in, as a person', async () => {
    const { user_code: code } = await begin();
    const calls = (token?: string) => [look(code, token), decide(code, 'approve', token), decide(code, 'deny', token)];
    for (const call of calls()) await call.expect(401);
    const { key, prefix, hash } = newApiKey(tenant.id);
    const of = { tenantId: tenant.id, userId: tenant.owner.id };
    await api.db.system.apiKey.create({
      data: { ...of, name: 'CI', prefix, keyHash: new Uint8Array(hash), scopes: [] },
    });
    for (const call of calls(key)) await call.expect(403);
  });
});

describe('a poll', () => {
  it('before any decision is told to go on', async () => {
    const device = await begin();
    await expectPolled(device, 'authorization_pending');
    api.advance(5);
    await expectPolled(device, 'authorization_pending');
  });

  it('that comes too soon is told to slow down, by 5 seconds from then on', async () => {
    const device = await begin();
    await expectPolled(device, 'authorization_pending');
    api.advance(4);
    await expectPolled(device, 'slow_down');
    api.advance(9);
    await expectPolled(device, 'slow_down');
    api.advance(15);
    await expectPolled(device, 'authorization_pending');
    expect(await rowOf(device)).toMatchObject({ intervalSeconds: 15 });
  });

  it('of a refused device is told so, and goes on to be', async () => {
    const device = await begin();
    await decide(device.user_code, 'deny', tenant.member.accessToken).expect(204);
    await expectPolled(device, 'access_denied');
    await expectPolled(device, 'access_denied');
  });

  it('of an expired code is told so, also when it was approved in time', async () => {
    const [waiting, approved] = [await begin(), await begin()];
    await decide(approved.user_code, 'approve', tenant.member.accessToken).expect(204);
    api.advance(600);
    await expectPolled(waiting, 'expired_token');
    await expectPolled(approved, 'expired_token');
  });

  it('with a code that never was is told the same', async () => {
    for (const device_code of ['cdc_garbage', 'x', 'cdc_'.padEnd(47, 'A')])
      await expectPolled({ device_code }, 'expired_token');
    expect((await api.post('auth/device/token', {}).expect(422)).body.errors[0].path).toBe('device_code');
  });

  it('may name its grant type, which is this one', async () => {
    const device = await begin();
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const ask = (type: string) => api.post('auth/device/token', { device_code: device.device_code, grant_type: type });
    expect((await ask(grant_type).expect(400)).body.code).toBe('authorization_pending');
    expect((await ask('refresh_token').expect(422)).body.errors[0].path).toBe('grant_type');
  });

  it('with the code that is shown gets nothing', async () => {
    const device = await begin();
    await decide(device.user_code, 'approve', tenant.member.accessToken).expect(204);
    await expectPolled({ device_code: device.user_code }, 'expired_token');
  });
});

describe('an approved device', () => {
  it('is signed in as the one who approved, once, without waiting for its interval', async () => {
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

  it('shows among the logins of the one who approved, who can end it', async () => {
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

  it('gets one login only, however many polls come at once', async () => {
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

  it('gets nothing if its user has been disabled meanwhile', async () => {
    const device = await begin();
    const approver = await api.factory.user(tenant.id, 'member');
    await decide(device.user_code, 'approve', approver.accessToken).expect(204);
    await api.post(`users/${approver.id}/disable`, {}, tenant.owner.accessToken).expect(200);
    expect((await poll(device).expect(403)).body.code).toBe('user_disabled');
    await expectPolled(device, 'expired_token');
  });
});

describe('an approval that was not spent', () => {
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
  ])('is worth nothing once who approved %s', async (_, end) => {
    const { device, approver } = await approved();
    expect((await end(approver)).status).toBeLessThan(300);
    await expectPolled(device, 'expired_token');
    expect(await api.db.system.login.count({ where: { userId: approver.id, method: 'device' } })).toBe(0);
  });

  it('leaves no login behind when it is spent while its user logs out everywhere', async () => {
    for (let i = 0; i < 5; i += 1) {
      const { device, approver } = await approved();
      await Promise.all([poll(device), api.post('auth/logout-everywhere', {}, approver.accessToken)]);
      const where = { userId: approver.id, revokedAt: null };
      expect(await api.db.system.login.count({ where })).toBe(0);
    }
  });

  it('is told by mail', async () => {
    const { approver } = await approved();
    expect((await mailsTo(api, approver.email)).at(-1)).toMatchObject({
      ...{ template: 'device_approved', data: { tenant: tenant.slug, client_name: 'coditect-license on build-7' } },
    });
  });
});

describe('a decision', () => {
  it('is made once', async () => {
    for (const [first, second] of [
      ['approve', 'deny'],
      ['deny', 'approve'],
    ] as const) {
      const { user_code: code } = await begin();
      await decide(code, first, tenant.member.accessToken).expect(204);
      await decide(code, second, tenant.admin.accessToken).expect(404);
      await look(code, tenant.member.accessToken).expect(404);
    }
  });

  it('is the approver’s of whom two from different tenants come at once', async () => {
    const other = await api.factory.tenant();
    const approvers = [tenant.member, other.member];
    for (let i = 0; i < 5; i += 1) {
      const device = await begin();
      const answers = await Promise.all(approvers.map((who) => decide(device.user_code, 'approve', who.accessToken)));
      const statuses = answers.map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([204, 404]));
      const { body } = await poll(device).expect(200);
      const me = await api.get('auth/me', body.access_token).expect(200);
      expect(me.body.id).toBe(approvers[statuses.indexOf(204)]!.id);
    }
  });

  it.each([
    ['approve', 'device.approved'],
    ['deny', 'device.denied'],
  ] as const)('to %s is audited in the tenant of the one who made it', async (what, action) => {
    const device = await begin('a printer');
    const { id } = await rowOf(device);
    await decide(device.user_code, what, tenant.admin.accessToken).expect(204);
    expect(await api.auditOf(id)).toMatchObject([
      {
        action,
        tenantId: tenant.id,
        actorType: 'user',
        actorId: tenant.admin.id,
        resourceType: 'device',
        after: { client_name: 'a printer', ip: '127.0.0.1' },
      },
    ]);
  });
});
