import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import { codeOf, turnOnSecondFactor, wrongCodeOf } from '#test/authenticator';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';
const MINUTE = 60;
const HOUR = 60 * MINUTE;

let stack: TestStack;
let api: TestApp;
let tenant: TestTenant;
let passwordHash: string;
let lastAddress = 0;
beforeAll(async () => {
  stack = await startStack();
  // Requests of the tests come from 127.0.0.1 as from a proxy, which names the client.
  api = await TestApp.start(stack, { TRUST_PROXY: '127.0.0.1' });
  passwordHash = await hashPassword(PASSWORD);
  tenant = await api.factory.tenant();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});

const someone = () => api.factory.user(tenant.id, 'member', { passwordHash });
/** An address without earlier requests. */
function newAddress(): string {
  lastAddress += 1;
  return `10.${lastAddress >> 16}.${(lastAddress >> 8) & 255}.${lastAddress & 255}`;
}
const login = (email: string, password: string, address: string, more: object = {}) =>
  api.post('auth/login', { email, password, ...more }).set('x-forwarded-for', address);
async function fail(email: string, address: string, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) await login(email, 'wrong', address).expect(401);
}
async function expectWait(email: string, address: string, seconds: number, password = 'wrong'): Promise<void> {
  const { status, body, headers } = await login(email, password, address);
  expect([status, body.code]).toEqual([429, 'too_many_attempts']);
  const wait = Number(headers['retry-after']);
  expect(wait).toBeLessThanOrEqual(seconds);
  expect(wait).toBeGreaterThan(seconds - 10); // time between two requests on a slow machine
}

describe('guessing the password of one account', () => {
  it('must wait after 5 failures: 30 s, then twice as long each time, up to 15 minutes', async () => {
    const [{ email }, address] = [await someone(), newAddress()];
    await fail(email, address, 5);
    for (const seconds of [30, 60, 120, 240, 480, 900, 900]) {
      await expectWait(email, address, seconds);
      api.advance(seconds);
      await fail(email, address, 1);
    }
  });

  it('is refused during a wait even with the right password, before any check, and reveals nothing', async () => {
    const [user, address] = [await someone(), newAddress()];
    await fail(user.email, address, 5);
    const failures = await api.auditOf(user.id, 'user.login_failed');
    await expectWait(user.email, address, 30, PASSWORD);
    expect(await api.auditOf(user.id, 'user.login_failed')).toHaveLength(failures.length);
    api.advance(30);
    await login(user.email, PASSWORD, address).expect(200);
  });

  it('gets no more tries with concurrent requests', async () => {
    const [{ email }, address] = [await someone(), newAddress()];
    const answers = await Promise.all(Array.from({ length: 40 }, () => login(email, 'wrong', address)));
    const tried = answers.filter(({ status }) => status === 401).length;
    expect(tried).toBeLessThanOrEqual(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - tried);
    await expectWait(email, address, 15 * MINUTE, PASSWORD); // at least the wait after the same number one by one
  });

  it('gets one try, not twenty, with concurrent requests after a wait', async () => {
    const [{ email }, address] = [await someone(), newAddress()];
    await fail(email, address, 5);
    api.advance(30);
    const answers = await Promise.all(Array.from({ length: 12 }, () => login(email, 'wrong', address)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('behaves the same for an unknown e-mail', async () => {
    const [email, address] = [`${randomUUID()}@example.test`, newAddress()];
    await fail(email, address, 5);
    const unknown = await login(email, 'wrong', address).expect(429);
    const known = await someone();
    await fail(known.email, address, 5);
    const refused = await login(known.email, 'wrong', address).expect(429);
    expect({ ...unknown.body, request_id: '', detail: '' }).toEqual({ ...refused.body, request_id: '', detail: '' });
  });

  it('starts from zero after a sign-in', async () => {
    const [{ email }, address] = [await someone(), newAddress()];
    await fail(email, address, 4);
    await login(email, PASSWORD, address).expect(200);
    await fail(email, address, 5);
    await expectWait(email, address, 30);
  });

  it('does not include many concurrent sign-ins with the right password', async () => {
    const [{ email }, address] = [await someone(), newAddress()];
    const answers = await Promise.all(Array.from({ length: 12 }, () => login(email, PASSWORD, address)));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
  });

  it('does not keep out the owner at another address', async () => {
    const { email } = await someone();
    const attacker = newAddress();
    await fail(email, attacker, 5);
    await expectWait(email, attacker, 30);
    await login(email, PASSWORD, newAddress()).expect(200);
  });

  it('counts an IPv6 network as one address, and IPv4 in either notation', async () => {
    const [one, other] = [await someone(), await someone()];
    for (let i = 0; i < 5; i += 1) await fail(one.email, `2001:db8:7::${i}`, 1);
    await expectWait(one.email, '2001:0db8:0007:0000:ffff:ffff:ffff:ffff', 30);
    await login(one.email, PASSWORD, '2001:db8:7:1::1').expect(200);
    const address = newAddress();
    await fail(other.email, address, 5);
    await expectWait(other.email, `::ffff:${address}`, 30);
  });
});

describe('guessing the password of one account from many addresses', () => {
  it('gets one try a minute after 50 failures in an hour, except at addresses where the owner signed in before', async () => {
    const { email } = await someone();
    const home = newAddress();
    await login(email, PASSWORD, home).expect(200);
    for (let i = 0; i < 10; i += 1) await fail(email, newAddress(), 5);
    await expectWait(email, newAddress(), MINUTE, PASSWORD);
    await login(email, PASSWORD, home).expect(200);
    api.advance(MINUTE);
    await login(email, 'wrong', newAddress()).expect(401);
    await expectWait(email, newAddress(), MINUTE);
    api.advance(HOUR);
    await fail(email, newAddress(), 5);
  });
});

describe('an address that tries many accounts', () => {
  it('must wait 15 minutes after 100 failures in an hour, for all accounts', async () => {
    const { email } = await someone();
    const address = newAddress();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => login(`nobody-${i}-${address}@example.test`, 'x', address).expect(401)),
    );
    await expectWait(email, address, 15 * MINUTE, PASSWORD);
    await login(email, PASSWORD, newAddress()).expect(200);
    api.advance(15 * MINUTE);
    await login(email, PASSWORD, address).expect(200);
  });

  it('may sign in without limit: only failures count', async () => {
    const { email } = await someone();
    const address = newAddress();
    const counted = async () => (await api.redis.keys('failures:*')).toSorted();
    const before = await counted();
    for (let i = 0; i < 12; i += 1) await login(email, PASSWORD, address).expect(200);
    expect(await counted()).toEqual(before);
  });
});

describe('a signed-in user', () => {
  const change = (user: TestUser, password: string, address: string) =>
    api
      .post('auth/password/change', { current_password: password, new_password: 'short' }, user.accessToken)
      .set('x-forwarded-for', address);

  it('gets no more tries at the current password', async () => {
    const [user, address] = [await someone(), newAddress()];
    for (let i = 0; i < 5; i += 1) await change(user, 'wrong', address).expect(401);
    await change(user, PASSWORD, address).expect(429);
    await login(user.email, PASSWORD, address).expect(429);
    api.advance(30);
    await change(user, PASSWORD, address).expect(422); // right, but the new password is refused
  });
});

describe('a guesser of codes who knows the password', () => {
  async function guarded(): Promise<{ user: TestUser; secret: string }> {
    const user = await someone();
    return { user, ...(await turnOnSecondFactor(api, user, PASSWORD)) };
  }
  const withCode = (user: TestUser, code: string | undefined, address: string) =>
    login(user.email, PASSWORD, address, code === undefined ? {} : { two_factor_code: code });

  it('must wait after wrong codes as after wrong passwords, even with requests without a code in between', async () => {
    const { user, secret } = await guarded();
    const address = newAddress();
    for (let i = 0; i < 5; i += 1) {
      expect((await withCode(user, undefined, address).expect(401)).body.code).toBe('two_factor_required');
      expect((await withCode(user, wrongCodeOf(api, secret), address).expect(401)).body.code).toBe(
        'two_factor_invalid',
      );
    }
    await withCode(user, codeOf(api, secret), address).expect(429);
    api.advance(30);
    await withCode(user, undefined, address).expect(401);
    await withCode(user, codeOf(api, secret), address).expect(200);
  });

  it('must wait after 10 wrong codes a day from all addresses, until the owner sets a new password', async () => {
    const { user, secret } = await guarded();
    for (let i = 0; i < 10; i += 1) await withCode(user, wrongCodeOf(api, secret), newAddress()).expect(401);
    const refused = await withCode(user, codeOf(api, secret), newAddress()).expect(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(20);
    await api.post('auth/password/forgot', { email: user.email }).expect(202);
    const token = tokenIn((await mailsTo(api, user.email)).at(-1));
    const password = 'seven drowsy otters on a raft';
    await api.post('auth/password/reset', { token, password }).expect(204);
    await login(user.email, password, newAddress(), { two_factor_code: codeOf(api, secret) }).expect(200);
  });
});

describe('wrong codes in the settings of the second factor', () => {
  it('lead to a wait there, and not for signing in', async () => {
    const user = await someone();
    const address = newAddress();
    const post = (route: string, body: object) =>
      api.post(`auth/two-factor/${route}`, body, user.accessToken).set('x-forwarded-for', address);
    const { secret } = (await post('totp', { current_password: PASSWORD }).expect(200)).body as { secret: string };
    for (let i = 0; i < 10; i += 1) await post('totp/confirm', { code: wrongCodeOf(api, secret) }).expect(401);
    await post('totp/confirm', { code: codeOf(api, secret) }).expect(429);
    await login(user.email, PASSWORD, address).expect(200);
    api.advance(30);
    await post('totp/confirm', { code: codeOf(api, secret) }).expect(200);
    await login(user.email, PASSWORD, address).expect(401);
    api.advance(30);
    await login(user.email, PASSWORD, address, { two_factor_code: codeOf(api, secret) }).expect(200);
  });
});

describe('setting a new password by a link', () => {
  it('lifts every wait of the account at that address', async () => {
    const { email } = await someone();
    const home = newAddress();
    for (let i = 0; i < 9; i += 1) await fail(email, newAddress(), 5);
    await fail(email, home, 5);
    await expectWait(email, home, 30);
    await expectWait(email, newAddress(), MINUTE);
    await api.post('auth/password/forgot', { email }).expect(202);
    const token = tokenIn((await mailsTo(api, email)).at(-1));
    const password = 'seven drowsy otters on a raft';
    await api.post('auth/password/reset', { token, password }).set('x-forwarded-for', home).expect(204);
    await login(email, password, home).expect(200);
  });
});

describe('the stored counters', () => {
  it('contain no e-mail and no address, and expire', async () => {
    const [{ email }, address] = [await someone(), newAddress()];
    await fail(email, address, 2);
    await login(email, PASSWORD, newAddress()).expect(200);
    const keys = [...(await api.redis.keys('failures:*')), ...(await api.redis.keys('known:*'))];
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) {
      expect(key).not.toMatch(/@|example|10\./);
      expect(await api.redis.pttl(key)).toBeGreaterThan(0);
    }
  });
});

describe('without Redis', () => {
  it('each process counts on its own, and signing in works', async () => {
    const other = await startStack();
    const alone = await TestApp.start(other);
    try {
      const { id } = await alone.factory.tenant();
      const { email } = await alone.factory.user(id, 'member', { passwordHash });
      await other.redis.stop();
      const attempt = (password: string) => alone.post('auth/login', { email, password });
      await attempt(PASSWORD).expect(200);
      for (let i = 0; i < 5; i += 1) await attempt('wrong').expect(401);
      await attempt(PASSWORD).expect(429);
      alone.advance(30);
      await attempt(PASSWORD).expect(200);
    } finally {
      await alone.stop();
      await other.stop();
    }
  });
});
