import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { cookieSetBy } from '#test/cookies';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { OAuthBrowser, redirectUriOf, signedInAs } from '#test/oauth-browser';
import { issuerClient, OidcIssuer } from '#test/oidc-issuer';

let issuer: OidcIssuer;
let api: TestApp;
let tenant: TestTenant;
let user: TestUser;
beforeAll(async () => {
  issuer = await OidcIssuer.start([redirectUriOf('acme', 'https://dashboard.test')]);
  const provider = { ...issuerClient, id: 'acme', name: 'Acme', issuer: issuer.issuer };
  api = await TestApp.start(undefined, {
    OIDC_PROVIDERS: JSON.stringify([provider, { ...provider, id: 'customer', tenant: 'the-customer' }]),
    DASHBOARD_URL: 'https://dashboard.test',
  });
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  user = await api.factory.user(tenant.id, 'member', { passwordHash: 'has one' });
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
});

/** An account at the provider; linking needs no e-mail. */
const newAccount = () => issuer.account({});

async function almostLinked(by: TestUser, login: string, body?: object): Promise<{ browser: OAuthBrowser; url: URL }> {
  const browser = new OAuthBrowser(api);
  return { browser, url: await issuer.signIn(await browser.startLinking('acme', by.accessToken, body), login) };
}
async function link(by: TestUser, login = newAccount(), accept?: string) {
  const { browser, url } = await almostLinked(by, login, { return_to: '/settings?tab=sign-in' });
  return browser.comeBack(url, accept);
}
const signIn = async (login: string) => {
  const browser = new OAuthBrowser(api);
  const url = await issuer.signIn(await browser.start('acme'), login);
  return browser.comeBack(url);
};
const identitiesOf = async ({ accessToken }: TestUser, query = '') =>
  (await api.get(`auth/identities${query}`, accessToken).expect(200)).body;
const unlink = (by: TestUser, id: string) => api.delete(`auth/identities/${id}`, by.accessToken);

describe('linking an account at a provider', () => {
  it('leads back to the page where it began, begins no login, and is then a way to sign in', async () => {
    const login = newAccount();
    const answer = await link(user, login, 'text/html');
    expect([answer.status, answer.headers.location]).toEqual([302, 'https://dashboard.test/settings?tab=sign-in']);
    expect(cookieSetBy(answer, '__Host-refresh')).toBeUndefined();
    const { count, results } = await identitiesOf(user);
    expect([count, results]).toMatchObject([1, [{ provider: 'acme', email: null }]]);
    const [entry] = await api.auditOf(results[0].id, 'identity.linked');
    expect(entry).toMatchObject({ actorId: user.id, actorType: 'user', after: { provider: 'acme' } });
    expect(await signedInAs(api, await signIn(login))).toMatchObject({ id: user.id });
    expect(await mailsTo(api, user.email)).toMatchObject([
      { template: 'identity_linked', data: { tenant: tenant.slug, provider: 'Acme' } },
    ]);
  });

  it('twice has the same effect as once', async () => {
    const login = newAccount();
    await link(user, login);
    expect((await link(user, login)).status).toBe(302);
    const { count, results } = await identitiesOf(user);
    expect(count).toBe(1);
    expect(await api.auditOf(results[0].id, 'identity.linked')).toHaveLength(1);
  });

  it('is refused if a colleague has the account, even for two at once; another tenant can link it', async () => {
    const login = newAccount();
    await link(user, login);
    const answer = await link(tenant.admin, login);
    expect([answer.status, answer.body.code]).toEqual([409, 'identity_taken']);
    const page = await link(tenant.admin, login, 'text/html');
    expect(page.headers.location).toBe('https://dashboard.test/settings?tab=sign-in&error=identity_taken');
    const { owner } = await api.factory.tenant();
    expect((await link(owner, login)).status).toBe(302);

    const contested = newAccount();
    const answers = await Promise.all([link(user, contested), link(tenant.owner, contested)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([302, 409]));
  });

  it('is refused once the login that asked for it has ended', async () => {
    const { browser, url } = await almostLinked(user, newAccount());
    await api.db.system.login.update({
      where: { tenantId_id: { tenantId: tenant.id, id: user.loginId } },
      data: { revokedAt: new Date() },
    });
    expect((await browser.comeBack(url).expect(401)).body.code).toBe('invalid_token');
    expect(await api.db.system.identity.count({ where: { userId: user.id } })).toBe(0);
  });

  it('does not accept the cookie of a sign-in or of another browser', async () => {
    const login = newAccount();
    const [mine, theirs] = [await almostLinked(user, login), await almostLinked(tenant.admin, login)];
    expect((await theirs.browser.comeBack(mine.url).expect(400)).body.code).toBe('oauth_failed');
  });

  it('is refused to callers without a token and to API keys', async () => {
    await api.post('auth/identities/acme/link').expect(401);
    const apiKey = await api.factory.apiKey(user, ['user:read']);
    expect((await api.post('auth/identities/acme/link', {}, apiKey).expect(403)).body.code).toBe('forbidden');
    await api.post('auth/identities/nobody/link', {}, user.accessToken).expect(404);
    await api.post('auth/identities/customer/link', {}, user.accessToken).expect(404);
    await api.post('auth/identities/acme/link', { return_to: '//evil.test' }, user.accessToken).expect(422);
  });
});

describe('the user’s own identities', () => {
  it('are listed in order and filtered, without those of other users', async () => {
    const add = (provider: string, at: string) =>
      api.db.system.identity.create({
        data: { tenantId: tenant.id, userId: user.id, provider, subject: randomUUID(), createdAt: new Date(at) },
      });
    await add('github', '2026-01-02');
    await add('acme', '2026-01-01');
    await link(tenant.admin);
    const providers = async (query: string) =>
      (await identitiesOf(user, query)).results.map(({ provider }: { provider: string }) => provider);
    expect(await providers('')).toEqual(['acme', 'github']);
    expect(await providers('?ordering=-created_at')).toEqual(['github', 'acme']);
    expect(await providers('?provider=github')).toEqual(['github']);
    expect(await identitiesOf(user, '?limit=1')).toMatchObject({ count: 2, results: [{ provider: 'acme' }] });
    await api.get('auth/identities?ordering=subject', user.accessToken).expect(422);
    await api.get('auth/identities').expect(401);
  });
});

describe('unlinking', () => {
  it('ends that way of signing in, and is audited', async () => {
    const login = newAccount();
    await link(user, login);
    const { results } = await identitiesOf(user);
    await unlink(user, results[0].id).expect(204);
    expect((await identitiesOf(user)).count).toBe(0);
    expect((await signIn(login)).status).toBe(403);
    const [entry] = await api.auditOf(results[0].id, 'identity.unlinked');
    expect(entry).toMatchObject({ actorId: user.id, before: { provider: 'acme' }, after: null });
    await unlink(user, results[0].id).expect(404);
  });

  it('an identity of another user gets 404, in the same tenant and in another', async () => {
    await link(user);
    const { results } = await identitiesOf(user);
    const stranger = await api.factory.tenant();
    for (const by of [tenant.owner, stranger.owner])
      expect((await unlink(by, results[0].id).expect(404)).body.code).toBe('identity_not_found');
    expect((await identitiesOf(user)).count).toBe(1);
  });

  it('leaves a user without password one that works, even if two are unlinked at once', async () => {
    const { member } = tenant;
    await link(member);
    await link(member);
    // An identity at a provider that is no longer configured does not allow signing in.
    await api.db.system.identity.create({
      data: { tenantId: tenant.id, userId: member.id, provider: 'gone', subject: 'x' },
    });
    const ids = (await identitiesOf(member, '?provider=acme')).results.map(({ id }: { id: string }) => id);
    const answers = await Promise.all(ids.map(async (id: string) => unlink(member, id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 409]));
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('last_sign_in_method');
    expect((await identitiesOf(member, '?provider=acme')).count).toBe(1);
  });

  it('the last one requires a password, which can be set by a link to the e-mail address', async () => {
    const member = await api.factory.user(tenant.id, 'member');
    const login = newAccount();
    await link(member, login);
    const hasPassword = async (as: string) => (await api.get('auth/me', as).expect(200)).body.has_password as boolean;
    expect(await hasPassword(member.accessToken)).toBe(false);
    await api.post('auth/password/forgot', { email: member.email, tenant: tenant.slug }).expect(202);
    const mail = (await mailsTo(api, member.email)).find(({ template }) => template === 'password_reset');
    const password = 'seven drowsy otters on a raft';
    await api.post('auth/password/reset', { token: tokenIn(mail), password }).expect(204);
    const { body } = await api.post('auth/login', { email: member.email, password }).expect(200);
    expect(await hasPassword(body.access_token)).toBe(true);
    const again = { ...member, accessToken: body.access_token as string };
    await unlink(again, (await identitiesOf(again)).results[0].id).expect(204);
  });
});
