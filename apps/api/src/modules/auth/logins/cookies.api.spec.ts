import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { cookiesSetBy } from '#test/cookies';
import type { TestUser } from '#test/factory';
import { loadConfig } from '#config/config';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';
const DASHBOARD = 'https://app.example.test';
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };
const OWN_ORIGIN = 'http://licenses.test';

let api: TestApp;
let user: TestUser;
beforeAll(async () => {
  api = await TestApp.start(undefined, { CORS_ORIGINS: `${DASHBOARD}, https://other.example.test` });
  const tenant = await api.factory.tenant();
  user = await api.factory.user(tenant.id, 'member', { passwordHash: await hashPassword(PASSWORD) });
});
afterAll(() => api.stop());

type Headers = Record<string, string>;
const login = (headers: Headers, delivery: object = { token_delivery: 'cookie' }) =>
  api.post('auth/login', { email: user.email, password: PASSWORD, ...delivery }).set(headers);
const withCookie = (route: string, token: string, headers: Headers, body: object = {}) =>
  api.post(route, body).set({ cookie: `__Host-refresh=${token}`, ...headers });
const refresh = (token: string, headers: Headers = SAME_ORIGIN, body: object = {}) =>
  withCookie('auth/refresh', token, headers, body);

/** Returns the attributes of the one cookie that a response sets. */
function cookieOf(answer: { headers: Record<string, unknown> }): Map<string, string> | undefined {
  const [cookie, ...more] = cookiesSetBy(answer);
  expect(more).toEqual([]);
  return cookie === undefined
    ? undefined
    : new Map(cookie.split('; ').map((part) => part.split('=', 2) as [string, string]));
}
const tokenOf = (answer: { headers: Record<string, unknown> }) => cookieOf(answer)!.get('__Host-refresh')!;
const signIn = async () => tokenOf(await login(SAME_ORIGIN).expect(200));

describe('signing in from a browser', () => {
  it('puts the refresh token into a cookie that no script can read, until the login ends, and not into the body', async () => {
    const answer = await login(SAME_ORIGIN).expect(200);
    const cookie = cookieOf(answer)!;
    expect(Object.fromEntries(cookie)).toEqual({
      '__Host-refresh': expect.stringMatching(/^crt_/),
      'Max-Age': String(answer.body.refresh_token_expires_in),
      Path: '/',
      HttpOnly: undefined,
      Secure: undefined,
      SameSite: 'Strict',
    });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(answer.text).not.toContain(cookie.get('__Host-refresh'));
    expect(Math.abs(answer.body.refresh_token_expires_in - 30 * 24 * 3600)).toBeLessThan(60);
    await api.get('auth/me', answer.body.access_token).expect(200);
  });

  it('sets no cookie unless it is asked for', async () => {
    for (const delivery of [{}, { token_delivery: 'body' }]) {
      const answer = await login(SAME_ORIGIN, delivery).expect(200);
      expect(cookieOf(answer)).toBeUndefined();
      expect(answer.body.refresh_token).toMatch(/^crt_/);
    }
    await login(SAME_ORIGIN, { token_delivery: 'header' }).expect(422);
  });
});

describe('a page that signs a visitor in as another user', () => {
  it.each<[string, Headers]>([
    ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['of another site, in an old browser', { origin: 'https://evil.test' }],
    ['of another host name of this site', { 'sec-fetch-site': 'same-site', origin: 'https://blog.example.test' }],
    ['that hides where it is', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['whose origin only begins like a known one', { origin: `${DASHBOARD}.evil.test` }],
    ['of a known host, but another scheme', { origin: DASHBOARD.replace('https', 'http') }],
    ['opened by the user itself', { 'sec-fetch-site': 'none' }],
    ['that is no page at all', {}],
  ])('is refused, %s', async (_, headers) => {
    const answer = await login(headers).expect(403);
    expect(answer.body.code).toBe('cross_site_request');
    expect(cookieOf(answer)).toBeUndefined();
  });

  it('is refused before the password is looked at', async () => {
    const before = await api.auditOf(user.id);
    await api.post('auth/login', { email: user.email, password: 'wrong', token_delivery: 'cookie' }).expect(403);
    expect(await api.auditOf(user.id)).toHaveLength(before.length);
  });

  it('is no reason to refuse a program that wants its token in the body', async () => {
    await login({ origin: 'https://evil.test' }, {}).expect(200);
  });
});

describe('refreshing with the cookie', () => {
  it.each<[string, Headers]>([
    ['of the same origin', SAME_ORIGIN],
    ['of the API’s own origin, in an old browser', { origin: OWN_ORIGIN }],
    ['of the dashboard', { 'sec-fetch-site': 'same-site', origin: DASHBOARD }],
    ['of a known origin of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://other.example.test' }],
  ])('works for a page %s, and renews the cookie', async (_, headers) => {
    const first = await signIn();
    const answer = await refresh(first, headers).expect(200);
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(answer.headers['cache-control']).toBe('no-store');
    await api.get('auth/me', answer.body.access_token).expect(200);
    const second = tokenOf(answer);
    expect(second).not.toBe(first);
    await refresh(second).expect(200);
  });

  it('keeps the cookie no longer than the login', async () => {
    const first = await signIn();
    api.advance(20 * 24 * 3600);
    const cookie = cookieOf(await refresh(first).expect(200))!;
    api.clock.offsetMs = 0;
    expect(Math.abs(Number(cookie.get('Max-Age')) - 10 * 24 * 3600)).toBeLessThan(60);
  });

  it.each<[string, Headers]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['another site without Fetch Metadata', { origin: 'https://evil.test' }],
    ['something that says nothing of itself', {}],
  ])('is refused to %s, and the token stays valid', async (_, headers) => {
    const token = await signIn();
    expect((await refresh(token, headers).expect(403)).body.code).toBe('cross_site_request');
    await refresh(token).expect(200);
  });

  it('never shows the token of the cookie to the page', async () => {
    const token = await signIn();
    const { body } = await refresh(token, SAME_ORIGIN, { token_delivery: 'body' }).expect(422);
    expect(body.errors[0].path).toBe('token_delivery');
    await refresh(token).expect(200);
  });

  it('gives 401 without a cookie, and with an invalid one', async () => {
    expect((await api.post('auth/refresh', {}).expect(401)).body.code).toBe('invalid_token');
    expect((await refresh('crt_garbage').expect(401)).body.code).toBe('invalid_token');
  });

  it('may be repeated by a browser that lost the response', async () => {
    const token = await signIn();
    await refresh(token).expect(200);
    await refresh(tokenOf(await refresh(token).expect(200))).expect(200);
  });
});

describe('refreshing with a token in the body', () => {
  it('ignores the cookie', async () => {
    const kept = await signIn();
    const { refresh_token } = (await login(SAME_ORIGIN, {}).expect(200)).body;
    const answer = await refresh(kept, {}, { refresh_token }).expect(200);
    expect(answer.body.refresh_token).toMatch(/^crt_/);
    expect(cookieOf(answer)).toBeUndefined();
    await refresh(kept).expect(200); // not used up
  });

  it('can move the login into the cookie, but only for a known page', async () => {
    const { refresh_token } = (await login(SAME_ORIGIN, {}).expect(200)).body;
    const body = { refresh_token, token_delivery: 'cookie' };
    await api.post('auth/refresh', body).set({ origin: 'https://evil.test' }).expect(403);
    const answer = await api.post('auth/refresh', body).set(SAME_ORIGIN).expect(200);
    expect(answer.body).not.toHaveProperty('refresh_token');
    await refresh(tokenOf(answer)).expect(200);
  });
});

describe('logging out with the cookie', () => {
  it('ends the login and deletes the cookie', async () => {
    const { body, ...signedIn } = await login(SAME_ORIGIN).expect(200);
    const token = tokenOf(signedIn);
    const cookie = cookieOf(await withCookie('auth/logout', token, SAME_ORIGIN).expect(204))!;
    expect(cookie.get('__Host-refresh')).toBe('');
    expect(new Date(cookie.get('Expires')!).getTime()).toBe(0);
    expect([cookie.get('Path'), cookie.has('Secure'), cookie.has('HttpOnly')]).toEqual(['/', true, true]);
    await refresh(token).expect(401);
    await api.get('auth/me', body.access_token).expect(401);
  });

  it('is refused to another site', async () => {
    const token = await signIn();
    const evil = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' };
    expect((await withCookie('auth/logout', token, evil).expect(403)).body.code).toBe('cross_site_request');
    await refresh(token).expect(200);
  });

  it('succeeds without a cookie', async () => {
    await api.post('auth/logout', {}).expect(204);
  });
});

describe('CORS_ORIGINS', () => {
  it.each(['https://app.example.test/', 'app.example.test', '*', 'https://app.example.test/path', 'null'])(
    'is refused at the start if it contains %s',
    (origins) => {
      expect(() => loadConfig({ ...api.stack.env, CORS_ORIGINS: origins })).toThrow('CORS_ORIGINS');
    },
  );
});
