import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import type { TestTenant } from '#test/factory';
import { FaultProxy } from '#test/drills/fault-proxy';
import { newApiKey } from './api-key-token.js';
import { networkOf } from './throttle.js';

const LIMITS = {
  THROTTLE_ANONYMOUS_PER_HOUR: '3',
  THROTTLE_RENEWALS_PER_HOUR: '5',
  THROTTLE_USER_PER_HOUR: '4',
  THROTTLE_HEARTBEATS_PER_MINUTE: '2',
  THROTTLE_ADDRESS_HEARTBEATS_PER_MINUTE: '6',
  // Each test calls from an address of its own.
  TRUST_PROXY: '127.0.0.1',
};

let stack: TestStack;
let api: TestApp;
let tenant: TestTenant;
let hosts = 0;
let address = '';
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack, LIMITS);
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});

/** A new tenant, and an address without earlier calls. */
async function given(): Promise<void> {
  tenant = await api.factory.tenant();
  hosts += 1;
  address = `198.51.100.${hosts}`;
}
const from = <T extends { set(name: string, value: string): T }>(call: T, ip = address) =>
  call.set('x-forwarded-for', ip);
const login = (ip?: string) =>
  from(api.post('auth/login', { email: 'nobody@example.test', password: 'wrong password' }), ip);
const statuses = async (count: number, call: () => PromiseLike<{ status: number }>) => {
  const seen: number[] = [];
  for (let i = 0; i < count; i += 1) seen.push((await call()).status);
  return seen;
};

describe('an anonymous caller', () => {
  it('has a budget per address, shown in every response, and is then told how long to wait', async () => {
    await given();
    const first = await login();
    expect(first.status).toBe(401);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"anonymous";q=3;w=3600',
      ratelimit: '"anonymous";r=2;t=3600',
    });
    expect(await statuses(2, login)).toEqual([401, 401]);

    const refused = await login();
    expect([refused.status, refused.headers['content-type']]).toEqual([429, 'application/problem+json; charset=utf-8']);
    expect(refused.headers['ratelimit']).toMatch(/^"anonymous";r=0;t=(3600|359\d)$/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3590);
    expect(refused.body).toMatchObject({
      code: 'rate_limited',
      policy: 'anonymous',
      limit: 3,
      window_seconds: 3600,
    });
    expect((await login('203.0.113.9')).status).toBe(401);
  });

  it('is one without a token, or with a token that is not valid', async () => {
    await given();
    expect((await from(api.get('licenses'))).status).toBe(401);
    expect((await from(api.get('licenses', 'no.such.token'))).status).toBe(401);
    expect((await from(api.get('licenses', `cak_${randomBytes(52).toString('base64url')}`))).status).toBe(401);
    expect((await from(api.get('licenses'))).status).toBe(429);
    // Other callers at the same address do not use up the budget of a valid token.
    expect((await from(api.get('licenses', tenant.owner.accessToken))).status).toBe(200);
  });

  it('has a new budget in the next window', async () => {
    await given();
    expect(await statuses(4, login)).toEqual([401, 401, 401, 429]);
    const [key] = await api.redis.keys(`throttle:{anonymous:${address}}`);
    expect(await api.redis.pttl(key!)).toBeGreaterThan(3_590_000);
    await api.redis.pexpire(key!, 0); // as after an hour
    expect((await login()).headers['ratelimit']).toBe('"anonymous";r=2;t=3600');
  });

  it('has one budget for all addresses of its IPv6 network', async () => {
    await given();
    expect(await statuses(1, () => login('2001:db8:1:2::1'))).toEqual([401]);
    expect(await statuses(3, () => login('2001:db8:1:2:ffff:ffff:ffff:1'))).toEqual([401, 401, 429]);
    expect((await login('2001:db8:1:3::1')).status).toBe(401);
  });

  it.each(['healthz', 'readyz', '.well-known/jwks.json', 'docs', 'api/v1/openapi.json'])(
    'may read /%s as often as it likes',
    async (path) => {
      await given();
      for (let i = 0; i < 5; i += 1) {
        const answer = await from(api.http().get(`/${path}`));
        expect([answer.status, answer.headers['ratelimit']]).toEqual([200, undefined]);
      }
    },
  );
});

it('a client that renews its login has a separate budget for that', async () => {
  await given();
  expect(await statuses(4, login)).toEqual([401, 401, 401, 429]);
  const refresh = () => from(api.post('auth/refresh', { refresh_token: 'crt_unknown' }));
  expect((await refresh()).headers['ratelimit-policy']).toBe('"renewal";q=5;w=3600');
  const device = () => from(api.post('auth/device/token', { device_code: 'unknown' }));
  expect((await device()).headers['ratelimit']).toMatch(/^"renewal";r=3;/);
  expect(await statuses(4, refresh)).toEqual([401, 401, 401, 429]);
});

describe('a user', () => {
  it('has one budget for all addresses and all responses', async () => {
    await given();
    const { accessToken } = tenant.member;
    const list = (ip: string) => from(api.get('licenses', accessToken), ip);
    expect((await list('192.0.2.1')).headers['ratelimit-policy']).toBe('"user";q=4;w=3600');
    expect((await list('192.0.2.2')).headers['ratelimit']).toMatch(/^"user";r=2;/);
    expect((await api.get('users/not-an-id', accessToken)).status).toBe(422);
    expect((await api.get('license-sessions', accessToken)).headers['ratelimit']).toMatch(/^"user";r=0;/);
    const refused = await list('192.0.2.3');
    expect([refused.status, refused.body]).toMatchObject([429, { policy: 'user', limit: 4 }]);
    // A colleague and other logins are not affected.
    expect((await api.get('licenses', tenant.owner.accessToken)).status).toBe(200);
    // The same user with a new token is.
    expect((await api.get('licenses', (await api.factory.signIn(tenant.member)).accessToken)).status).toBe(429);
  });

  it('and each of its API keys have separate budgets', async () => {
    await given();
    const { key, prefix, hash } = newApiKey(tenant.id);
    await api.db.system.apiKey.create({
      data: {
        tenantId: tenant.id,
        userId: tenant.owner.id,
        name: 'CI',
        prefix,
        keyHash: new Uint8Array(hash),
        scopes: ['license:read'],
      },
    });
    expect(await statuses(5, () => api.get('licenses', tenant.owner.accessToken))).toEqual([200, 200, 200, 200, 429]);
    expect((await api.get('licenses', key)).headers['ratelimit']).toMatch(/^"user";r=3;/);
  });
});

describe('a seat', () => {
  it('is kept alive on a budget of its session token, which no other call uses up', async () => {
    await given();
    const seat = await api.takeSeat(tenant.member);
    expect(await statuses(4, () => api.get('licenses', tenant.member.accessToken))).toEqual([200, 200, 200, 429]);

    const beat = await from(api.heartbeat(seat.session_token));
    expect(beat.status).toBe(200);
    expect(beat.headers).toMatchObject({
      'ratelimit-policy': '"heartbeat";q=2;w=60',
      ratelimit: '"heartbeat";r=1;t=60',
    });
    expect((await from(api.heartbeat(seat.session_token))).status).toBe(200);
    const refused = await from(api.heartbeat(seat.session_token));
    expect([refused.status, refused.body]).toMatchObject([429, { policy: 'heartbeat', window_seconds: 60 }]);
  });

  it('is not affected by forged tokens that name its session', async () => {
    await given();
    const seat = await api.takeSeat(tenant.member);
    const bytes = Buffer.from(seat.session_token.slice('cst_'.length), 'base64url');
    randomBytes(32).copy(bytes, 48);
    const forged = `cst_${bytes.toString('base64url')}`;
    expect(await statuses(3, () => from(api.heartbeat(forged)))).toEqual([404, 404, 429]);
    expect((await from(api.heartbeat(seat.session_token))).status).toBe(200);
  });

  it('shares a limit per address and minute with all other tokens, forged or not', async () => {
    await given();
    const forged = () => from(api.heartbeat(`cst_${randomBytes(80).toString('base64url')}`));
    expect(await statuses(7, forged)).toEqual([404, 404, 404, 404, 404, 404, 429]);
    expect((await forged()).body).toMatchObject({ policy: 'address-heartbeat', limit: 6 });
  });

  it('call without a session token counts as an anonymous call', async () => {
    await given();
    const nothing = () => from(api.post('licenses/heartbeat', {}));
    expect((await nothing()).headers['ratelimit-policy']).toBe('"anonymous";q=3;w=3600');
  });
});

it('without Redis each process counts on its own, and still responds', async () => {
  await given();
  const proxy = await FaultProxy.before(stack.redis.url);
  const cut = await TestApp.start(stack, { ...LIMITS, REDIS_URL: proxy.through(stack.redis.url) });
  try {
    const there = (ip = address) =>
      from(cut.post('auth/login', { email: 'nobody@example.test', password: 'wrong password' }), ip);
    expect(await statuses(1, there)).toEqual([401]);
    proxy.set('cut');
    expect(await statuses(4, there)).toEqual([401, 401, 401, 429]);
    expect((await there('203.0.113.77')).headers['ratelimit']).toBe('"anonymous";r=2;t=3600');
  } finally {
    await cut.stop();
    await proxy.stop();
  }
});

describe('two processes', () => {
  it('count together', async () => {
    await given();
    const second = await TestApp.start(stack, LIMITS);
    try {
      const there = () => from(second.post('auth/login', { email: 'nobody@example.test', password: 'wrong password' }));
      expect(await statuses(2, login)).toEqual([401, 401]);
      expect(await statuses(2, there)).toEqual([401, 429]);
    } finally {
      await second.stop();
    }
  });
});

it('a limit of 0 means no limit and no header', async () => {
  const open = await TestApp.start(stack);
  try {
    const answer = await open.post('auth/login', { email: 'nobody@example.test', password: 'wrong password' });
    expect([answer.status, answer.headers['ratelimit'], answer.headers['ratelimit-policy']]).toEqual([
      401,
      undefined,
      undefined,
    ]);
  } finally {
    await open.stop();
  }
});

describe('the network that an address belongs to', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0db8:00ab:cdef:1:2:3:4', '2001:db8:ab:cdef::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    [undefined, ''],
  ])('of %s is %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});
