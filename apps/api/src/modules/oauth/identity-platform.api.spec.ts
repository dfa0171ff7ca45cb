import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { cookiesSetBy } from '#test/cookies';
import type { TestTenant, TestUser } from '#test/factory';
import { IdentityPlatformStub } from '#test/identity-platform';
import { signedInAs } from '#test/oauth-browser';

const DAY_MS = 24 * 3600 * 1000;
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };

let platform: IdentityPlatformStub;
let api: TestApp;
let tenant: TestTenant;
let user: TestUser;

const providers = (...list: object[]) => ({ OIDC_PROVIDERS: JSON.stringify(list) });

beforeAll(async () => {
  platform = await IdentityPlatformStub.start();
  api = await TestApp.start(
    undefined,
    providers(
      platform.settings(),
      platform.settings({ id: 'of-a-customer', platform_tenant: 'customer-7x2' }),
      platform.settings({ id: 'strict', trusted_email_domains: ['elsewhere.test'] }),
      platform.settings({ id: 'private', tenant: 'the-customer' }),
      { id: 'code', name: 'Code', issuer: 'http://127.0.0.1:1', client_id: 'a', client_secret: 'b' },
    ),
  );
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  user = await api.factory.user(tenant.id, 'member', { emailVerifiedAt: new Date() });
});
afterAll(async () => {
  await api.stop();
  await platform.stop();
});

const seconds = () => Math.floor(Date.now() / 1000);
/** The claims of a token about the user. */
const own = (changes: object = {}) => ({ email: user.email, email_verified: true, ...changes });
const signIn = (idToken: string, body: object = {}, provider = 'platform', at = api) =>
  at.post(`auth/oauth/${provider}/token`, { id_token: idToken, ...body });
const link = (idToken: string, by: TestUser = user) =>
  api.post('auth/identities/platform/link', { id_token: idToken }, by.accessToken);
const loginsOf = ({ id }: { id: string }) => api.db.system.login.count({ where: { userId: id } });

async function expectRefused(idToken: string, provider?: string): Promise<void> {
  const before = await loginsOf(user);
  const answer = await signIn(idToken, {}, provider).expect(400);
  expect(answer.body).toMatchObject({ code: 'oauth_failed' });
  expect(cookiesSetBy(answer)).toEqual([]);
  expect(await loginsOf(user)).toBe(before);
}

describe('the list of providers', () => {
  it('names the project for the browser to sign in to', async () => {
    const { body } = await api.get('auth/providers').expect(200);
    expect(body.results[0]).toEqual({
      id: 'platform',
      name: 'Acme',
      kind: 'identity_platform',
      project_id: platform.projectId,
    });
    expect(body.results.at(-1)).toEqual({ id: 'code', name: 'Code', kind: 'oidc' });
  });
});

describe('an ID token of the platform', () => {
  it('signs in the user whose address both sides have verified, and later the user with its subject', async () => {
    const sub = randomUUID();
    const answer = await signIn(platform.token(own({ sub }))).expect(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toMatchObject({ token_type: 'Bearer', refresh_token: expect.stringMatching(/^crt_/) });
    expect((await api.get('auth/me', answer.body.access_token).expect(200)).body.id).toBe(user.id);
    expect((await api.auditOf(user.id, 'user.logged_in')).at(-1)).toMatchObject({
      after: { method: 'oauth:platform' },
    });
    const again = await signIn(platform.token({ sub })).expect(200);
    expect((await api.get('auth/me', again.body.access_token).expect(200)).body.id).toBe(user.id);
  });

  it('accepts the invitation of a new user', async () => {
    const email = `${randomUUID()}@example.test`;
    const { id: tenantId, owner } = tenant;
    const made = { email, role: 'admin', tokenHash: Buffer.from(randomUUID()), invitedBy: owner.id } as const;
    await api.db.system.invitation.create({ data: { tenantId, ...made, expiresAt: new Date(Date.now() + DAY_MS) } });
    const token = platform.token({ email, email_verified: true, name: 'Ada Lovelace' });
    const { body } = await signIn(token).expect(200);
    const me = await api.get('auth/me', body.access_token).expect(200);
    expect(me.body).toMatchObject({ email, name: 'Ada Lovelace', role: 'admin', tenant: { id: tenantId } });
  });

  it('with delivery by cookie puts the refresh token where no script can read it', async () => {
    const answer = await signIn(platform.token(own()), { token_delivery: 'cookie' }).set(SAME_ORIGIN).expect(200);
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(await signedInAs(api, answer)).toMatchObject({ id: user.id });
  });

  it('is refused from a foreign page, and not used up by that', async () => {
    const token = platform.token(own());
    for (const headers of [{}, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }]) {
      const answer = await signIn(token, { token_delivery: 'cookie' }).set(headers).expect(403);
      expect(answer.body.code).toBe('cross_site_request');
      expect(cookiesSetBy(answer)).toEqual([]);
    }
    await signIn(token, { token_delivery: 'cookie' }).set(SAME_ORIGIN).expect(200);
  });

  it('is accepted if its clock is a little ahead of ours', async () => {
    await signIn(platform.token(own({ auth_time: seconds() + 5, iat: seconds() + 5 }))).expect(200);
  });

  it('finds accounts by the same rules as other providers', async () => {
    const codeOf = async (claims: object, body?: object, provider?: string) =>
      (await signIn(platform.token({ ...claims }), body, provider)).body.code;
    expect(await codeOf(own({ email_verified: false }))).toBe('email_unverified');
    expect(await codeOf(own({ email_verified: 'true' }))).toBe('email_unverified');
    expect(await codeOf(own(), {}, 'strict')).toBe('email_unverified');
    expect(await codeOf({ email: 'nobody-here@example.test', email_verified: true })).toBe('no_account');
    expect(await codeOf(own(), { tenant: 'another-one' })).toBe('no_account');
    const twin = await api.factory.tenant();
    await api.factory.user(twin.id, 'viewer', { email: user.email, emailVerifiedAt: new Date() });
    expect(await codeOf(own())).toBe('tenant_required');
    const { body } = await signIn(platform.token(own()), { tenant: twin.slug }).expect(200);
    expect((await api.get('auth/me', body.access_token)).body.tenant.slug).toBe(twin.slug);
    const key = { tenantId_id: { tenantId: tenant.id, id: user.id } };
    await api.db.system.user.update({ where: key, data: { totpEnabledAt: new Date() } });
    expect(await codeOf(own(), { tenant: tenant.slug })).toBe('two_factor_required');
    await api.db.system.user.update({ where: key, data: { totpEnabledAt: null, status: 'disabled' } });
    expect(await codeOf(own(), { tenant: tenant.slug })).toBe('user_disabled');
  });
});

describe('a used ID token', () => {
  it('is refused for every purpose and every spelling of its signature', async () => {
    const token = platform.token(own());
    await signIn(token).expect(200);
    await expectRefused(token);
    await expectRefused(token, 'strict');
    expect((await link(token).expect(400)).body.code).toBe('oauth_failed');
    // The last base64url character of 256 bytes carries 2 bits. Its 4 other bits are ignored by readers.
    const respelled = 'AQgw'.includes(token.at(-1)!)
      ? String.fromCodePoint(token.codePointAt(token.length - 1)! + 1)
      : '';
    expect(respelled).not.toBe('');
    await expectRefused(token.slice(0, -1) + respelled);
  });

  it('signs in once if it is sent ten times at once', async () => {
    const token = platform.token(own());
    const answers = await Promise.all(Array.from({ length: 10 }, async () => (await signIn(token)).status));
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.filter((status) => status === 400)).toHaveLength(9);
  });

  it('is stored until its expiry, as a hash only', async () => {
    const token = platform.token(own());
    const before = new Set(await api.redis.keys('oauth:token:*'));
    await signIn(token).expect(200);
    const [key, ...more] = (await api.redis.keys('oauth:token:*')).filter((name) => !before.has(name));
    expect(more).toEqual([]);
    expect(key).toMatch(/^oauth:token:[\w-]{43}$/);
    const left = await api.redis.ttl(key!);
    expect(left).toBeGreaterThan(3590);
    expect(left).toBeLessThanOrEqual(3611);
  });
});

describe('linking by an ID token', () => {
  it('is done at once, needs no e-mail address, and is then a way to sign in', async () => {
    const sub = randomUUID();
    const answer = await link(platform.token({ sub })).expect(200);
    expect(answer.body).toEqual({ linked: true });
    expect(cookiesSetBy(answer)).toEqual([]);
    const { body } = await api.get('auth/identities', user.accessToken).expect(200);
    expect(body.results).toMatchObject([{ provider: 'platform', email: null }]);
    expect(await api.auditOf(body.results[0].id, 'identity.linked')).toHaveLength(1);
    const { body: tokens } = await signIn(platform.token({ sub })).expect(200);
    expect((await api.get('auth/me', tokens.access_token)).body.id).toBe(user.id);
  });

  it('is refused if a colleague has the account', async () => {
    const sub = randomUUID();
    await link(platform.token({ sub })).expect(200);
    expect((await link(platform.token({ sub }), tenant.admin).expect(409)).body.code).toBe('identity_taken');
  });

  it('requires a signed-in person and a valid token', async () => {
    const token = platform.token();
    await api.post('auth/identities/platform/link', { id_token: token }).expect(401);
    const apiKey = await api.factory.apiKey(user, ['user:read']);
    await api.post('auth/identities/platform/link', { id_token: token }, apiKey).expect(403);
    expect((await link(platform.token({ aud: 'evil' })).expect(400)).body.code).toBe('oauth_failed');
    await link(token).expect(200);
  });
});

describe('a provider', () => {
  it('of one kind cannot be used by the routes of the other', async () => {
    const codeOf = async (request: ReturnType<TestApp['get']>) => (await request.expect(404)).body;
    const { accessToken } = user;
    const body = { id_token: platform.token() };
    expect(await codeOf(api.get('auth/oauth/platform/start'))).toMatchObject({
      code: 'provider_not_found',
      detail: expect.stringContaining('identity_platform'),
    });
    await codeOf(api.get('auth/oauth/platform/callback?code=x'));
    await codeOf(api.post('auth/identities/platform/link', {}, accessToken));
    await codeOf(api.post('auth/identities/code/link', body, accessToken));
    await codeOf(api.post('auth/oauth/code/token', body));
  });

  it('that does not exist or belongs to another tenant gets 404', async () => {
    const token = platform.token(own());
    expect((await signIn(token, {}, 'nobody').expect(404)).body.code).toBe('provider_not_found');
    await signIn(token, { tenant: tenant.slug }, 'private').expect(404);
    await api.post('auth/identities/private/link', { id_token: token }, user.accessToken).expect(404);
  });
});

describe('without Redis', () => {
  it('no token is accepted, because its use cannot be recorded', async () => {
    const other = await TestApp.start(undefined, providers(platform.settings()));
    try {
      await other.stack.redis.stop();
      const answer = await signIn(platform.token(own()), {}, 'platform', other).expect(503);
      expect(answer.body.code).toBe('temporarily_unavailable');
    } finally {
      await other.stop();
    }
  });
});
