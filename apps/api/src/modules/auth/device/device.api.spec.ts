import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { DASHBOARD, deviceCalls } from '#test/device-calls';
import type { TestTenant } from '#test/factory';
import { newApiKey } from '#platform/access/api-key-token';

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

const { begin, poll, look, decide, rowOf, expectPolled } = deviceCalls(() => api);

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

  it('gets new codes each time, and the secret one is stored as a hash only', async () => {
    const [one, two] = [await begin(), await begin()];
    expect(one.device_code).not.toBe(two.device_code);
    expect(one.user_code).not.toBe(two.user_code);
    const { deviceCodeHash } = await rowOf(one);
    expect(Buffer.from(deviceCodeHash)).toHaveLength(32);
    expect(Buffer.from(deviceCodeHash).toString('base64url')).not.toBe(one.device_code.slice('cdc_'.length));
  });

  it.each(['', ' ', 'x'.repeat(101), 'a\0b', 'a\nb', 'a\u202eb', undefined])(
    'is refused with the name %j',
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

describe('the user of a code', () => {
  it('sees the device, however the code is typed', async () => {
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
    'finds no device for %j',
    async (code) => {
      const { accessToken: token } = tenant.member;
      for (const call of [look(code, token), decide(code, 'approve', token), decide(code, 'deny', token)])
        expect((await call.expect(404)).body.code).toBe('device_not_found');
    },
  );

  it('finds no device once the code has expired', async () => {
    const device = await begin();
    const { accessToken } = tenant.member;
    api.advance(600);
    await look(device.user_code, accessToken).expect(404);
    await decide(device.user_code, 'approve', accessToken).expect(404);
  });

  it('must be a person who is signed in', async () => {
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
  it('before a decision is told to poll again', async () => {
    const device = await begin();
    await expectPolled(device, 'authorization_pending');
    api.advance(5);
    await expectPolled(device, 'authorization_pending');
  });

  it('that comes too soon is told to slow down by 5 seconds', async () => {
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

  it('for a refused device is told so each time', async () => {
    const device = await begin();
    await decide(device.user_code, 'deny', tenant.member.accessToken).expect(204);
    await expectPolled(device, 'access_denied');
    await expectPolled(device, 'access_denied');
  });

  it('with an expired code is told so, even if it was approved in time', async () => {
    const [waiting, approved] = [await begin(), await begin()];
    await decide(approved.user_code, 'approve', tenant.member.accessToken).expect(204);
    api.advance(600);
    await expectPolled(waiting, 'expired_token');
    await expectPolled(approved, 'expired_token');
  });

  it('with an unknown code is told the same', async () => {
    for (const device_code of ['cdc_garbage', 'x', 'cdc_'.padEnd(47, 'A')])
      await expectPolled({ device_code }, 'expired_token');
    expect((await api.post('auth/device/token', {}).expect(422)).body.errors[0].path).toBe('device_code');
  });

  it('may name its grant type, and no other', async () => {
    const device = await begin();
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const ask = (type: string) => api.post('auth/device/token', { device_code: device.device_code, grant_type: type });
    expect((await ask(grant_type).expect(400)).body.code).toBe('authorization_pending');
    expect((await ask('refresh_token').expect(422)).body.errors[0].path).toBe('grant_type');
  });

  it('with the code that the user types is refused', async () => {
    const device = await begin();
    await decide(device.user_code, 'approve', tenant.member.accessToken).expect(204);
    await expectPolled({ device_code: device.user_code }, 'expired_token');
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

  it('of two users from different tenants at once is made by one', async () => {
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
  ] as const)('to %s is audited in the tenant of its user', async (what, action) => {
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
