import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant, TestUser } from '#test/factory';
import { OAuthBrowser, redirectUriOf, signedInAs } from '#test/oauth-browser';
import { issuerClient, OidcIssuer } from '#test/oidc-issuer';

const DAY_MS = 24 * 3600 * 1000;
/** The id of an organization to which a provider is bound. */
const BOUND_ID = '01890000-0000-7000-8000-00000000b0bd';

let issuer: OidcIssuer;
let api: TestApp;
let company: { id: string; slug: string };
let tenant: TestTenant;
let user: TestUser;
beforeAll(async () => {
  issuer = await OidcIssuer.start(['public', 'company', 'strict', 'bound'].map((id) => redirectUriOf(id)));
  const provider = (id: string) => ({ ...issuerClient, id, name: id, issuer: issuer.issuer });
  api = await TestApp.start(undefined, {
    OIDC_PROVIDERS: JSON.stringify([
      provider('public'),
      { ...provider('strict'), trusted_email_domains: ['Example.Test'] },
      { ...provider('company'), tenant: 'company', trusted_email_domains: ['company.test'], allow_sign_up: true },
      { ...provider('bound'), tenant: BOUND_ID, trusted_email_domains: ['bound.test'], allow_sign_up: true },
    ]),
  });
  company = await api.db.system.tenant.create({ data: { slug: 'company', name: 'Company', planTier: 'free' } });
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  user = await api.factory.user(tenant.id, 'member', { emailVerifiedAt: new Date() });
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
});

/** Signs in at the provider with these claims. */
async function comeBack(
  login: string,
  { provider = 'public', ...query }: Record<string, string> = {},
  accept?: string,
) {
  const browser = new OAuthBrowser(api);
  const url = await issuer.signIn(await browser.start(provider, query), login);
  return browser.comeBack(url, accept);
}
const arrive = (email: string, query?: Record<string, string>) =>
  comeBack(issuer.account({ email, email_verified: true, name: 'Ada Lovelace' }), query);

const identitiesOf = ({ id }: { id: string }) => api.db.system.identity.findMany({ where: { userId: id } });
const change = ({ tenantId, id }: TestUser, data: object) =>
  api.db.system.user.update({ where: { tenantId_id: { tenantId, id } }, data });
const invite = (email: string, data: object = {}) =>
  api.db.system.invitation.create({
    data: {
      tenantId: tenant.id,
      email,
      role: 'admin',
      tokenHash: Buffer.from(randomUUID()),
      invitedBy: tenant.owner.id,
      expiresAt: new Date(Date.now() + DAY_MS),
      ...data,
    },
  });

describe('a user whose address both sides have verified', () => {
  it('is signed in and linked, and later found by the subject, even with another address', async () => {
    const login = issuer.account({ email: user.email.toUpperCase(), email_verified: true });
    expect(await signedInAs(api, await comeBack(login))).toMatchObject({ id: user.id });
    const [identity] = await identitiesOf(user);
    expect(identity).toMatchObject({ provider: 'public', subject: login, email: user.email });
    const [entry] = await api.auditOf(identity!.id, 'identity.linked');
    expect(entry).toMatchObject({ actorId: user.id, after: { user_id: user.id, provider: 'public' } });

    issuer.accounts.set(login, { email: 'new-name@example.test', email_verified: false });
    expect(await signedInAs(api, await comeBack(login))).toMatchObject({ id: user.id });
    expect(await identitiesOf(user)).toEqual([identity]);
  });
});

describe('an account cannot be taken over', () => {
  it.each([
    ['says that the address is not verified', { email_verified: false }],
    ['does not say whether the address is verified', {}],
    ['says so, but not with a boolean', { email_verified: 'true' }],
  ])('through a provider that %s', async (_, claims) => {
    const login = issuer.account({ email: user.email, ...claims });
    const answer = await comeBack(login);
    expect([answer.status, answer.body.code]).toEqual([403, 'email_unverified']);
    // The refusal is the same for an unknown address.
    const unknown = await comeBack(issuer.account({ email: 'nobody-here@example.test', ...claims }));
    expect({ ...unknown.body, request_id: '' }).toEqual({ ...answer.body, request_id: '' });
    expect(await identitiesOf(user)).toEqual([]);
  });

  it('by the owner of an address that its user has typed but not verified', async () => {
    await change(user, { emailVerifiedAt: null });
    const answer = await arrive(user.email);
    expect([answer.status, answer.body.code]).toEqual([403, 'email_unverified']);
    expect(await identitiesOf(user)).toEqual([]);
    expect((await api.auditOf(user.id, 'user.logged_in')).length).toBe(0);
  });

  it('by a provider that is not trusted with its domain', async () => {
    const stranger = await api.factory.user(tenant.id, 'member', {
      email: `${randomUUID()}@elsewhere.test`,
      emailVerifiedAt: new Date(),
    });
    expect((await arrive(stranger.email, { provider: 'strict' })).body.code).toBe('email_unverified');
    expect(await signedInAs(api, await arrive(user.email, { provider: 'strict' }))).toMatchObject({ id: user.id });
  });

  it('by the same subject of another provider', async () => {
    const login = issuer.account({ email: user.email, email_verified: true });
    expect((await comeBack(login)).status).toBe(302);
    issuer.accounts.set(login, {});
    expect((await comeBack(login, { provider: 'strict' })).body.code).toBe('email_unverified');
  });

  it('by a provider of another tenant', async () => {
    const answer = await arrive(user.email, { provider: 'company' });
    expect([answer.status, answer.body.code]).toEqual([403, 'email_unverified']);
    expect(await identitiesOf(user)).toEqual([]);
  });
});

describe('a user who may not sign in', () => {
  it('because it is disabled is told so, and that is audited', async () => {
    const login = issuer.account({ email: user.email, email_verified: true });
    await comeBack(login);
    await change(user, { status: 'disabled' });
    const answer = await comeBack(login);
    expect([answer.status, answer.body.code]).toEqual([403, 'user_disabled']);
    const [entry] = await api.auditOf(user.id, 'user.login_failed');
    expect(entry).toMatchObject({ actorType: 'system', after: { method: 'oauth:public', code: 'user_disabled' } });
  });

  it('because it has a second factor here must use password and code, and nothing is linked', async () => {
    await change(user, { totpEnabledAt: new Date() });
    const answer = await arrive(user.email);
    expect([answer.status, answer.body.code]).toEqual([401, 'two_factor_required']);
    expect(await identitiesOf(user)).toEqual([]);
  });

  it('because it was removed gets the refusal of an unknown user', async () => {
    await change(user, { status: 'removed' });
    expect((await arrive(user.email)).body.code).toBe('no_account');
  });
});

describe('a person without an account', () => {
  it('is told so, and no account is made', async () => {
    const users = await api.db.system.user.count();
    const answer = await arrive(`${randomUUID()}@example.test`);
    expect([answer.status, answer.body.code]).toEqual([403, 'no_account']);
    expect(await api.db.system.user.count()).toBe(users);
  });

  it('who was invited accepts the invitation by signing in, with its role', async () => {
    const email = `${randomUUID()}@example.test`;
    const { id } = await invite(email);
    const me = await signedInAs(api, await arrive(email));
    expect(me).toMatchObject({ email, role: 'admin', tenant: { slug: tenant.slug } });
    const row = await api.db.system.user.findFirstOrThrow({ where: { id: me.id } });
    expect(row).toMatchObject({ name: 'Ada Lovelace', emailVerifiedAt: expect.any(Date), passwordHash: null });
    expect((await api.db.system.invitation.findFirstOrThrow({ where: { id } })).acceptedAt).toBeInstanceOf(Date);
    expect(await identitiesOf(me)).toHaveLength(1);
    expect(await api.auditOf(me.id, 'user.created')).toHaveLength(1);
    const [accepted] = await api.auditOf(id, 'invitation.accepted');
    expect(accepted).toMatchObject({ actorId: me.id, actorName: email, after: { user_id: me.id } });
  });

  it.each([
    ['expired', { expiresAt: new Date(Date.now() - 1000) }],
    ['revoked', { revokedAt: new Date() }],
    ['accepted', { acceptedAt: new Date() }],
  ])('whose invitation is %s gets none', async (_, data) => {
    const email = `${randomUUID()}@example.test`;
    await invite(email, data);
    expect((await arrive(email)).body.code).toBe('no_account');
  });

  it('does not accept an invitation to an address that the provider has not verified', async () => {
    const email = `${randomUUID()}@example.test`;
    await invite(email);
    expect((await comeBack(issuer.account({ email, email_verified: false }))).body.code).toBe('email_unverified');
  });

  it('does not join a tenant that is suspended', async () => {
    const email = `${randomUUID()}@example.test`;
    await invite(email);
    await api.db.system.tenant.update({ where: { id: tenant.id }, data: { status: 'suspended' } });
    expect((await arrive(email)).body.code).toBe('tenant_suspended');
  });

  it('uses an invitation once, even with many callbacks at once', async () => {
    const email = `${randomUUID()}@example.test`;
    await invite(email);
    const answers = await Promise.all([1, 2, 3].map(() => arrive(email)));
    expect(answers.filter(({ status }) => status === 302).length).toBeGreaterThanOrEqual(1);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    expect(await api.db.system.user.count({ where: { email } })).toBe(1);
  });
});

describe('a provider with which a tenant allows sign-up', () => {
  const newcomer = () => `${randomUUID()}@company.test`;

  it('creates members, up to the limit of the plan', async () => {
    const { maxUsers } = await api.db.system.plan.findUniqueOrThrow({ where: { tier: 'free' } });
    const users = await api.db.system.user.count({ where: { tenantId: company.id } });
    for (let i = users; i < maxUsers; i += 1)
      expect(await signedInAs(api, await arrive(newcomer(), { provider: 'company' }))).toMatchObject({
        role: 'member',
        tenant: { slug: 'company' },
      });
    const answer = await arrive(newcomer(), { provider: 'company' });
    expect([answer.status, answer.body.code]).toEqual([403, 'quota_exceeded']);
  });

  it('creates no members with addresses of other domains', async () => {
    const answer = await arrive(`${randomUUID()}@example.test`, { provider: 'company' });
    expect(answer.body.code).toBe('email_unverified');
  });
});

describe('a provider bound to a tenant by its id', () => {
  const newcomer = () => `${randomUUID()}@bound.test`;
  const listed = async (slug: string) => {
    const { body } = await api.get(`auth/providers?tenant=${slug}`).expect(200);
    return (body.results as { id: string }[]).map(({ id }) => id);
  };

  it('belongs to that tenant with every slug, and not to a tenant that takes the slug, or one that looks like the id', async () => {
    const bound = { id: BOUND_ID, name: 'Bound', planTier: 'team' } as const;
    await api.db.system.tenant.create({ data: { ...bound, slug: 'bound-before' } });
    const tenantOf = async () => (await signedInAs(api, await arrive(newcomer(), { provider: 'bound' }))).tenant;
    expect(await tenantOf()).toMatchObject({ id: BOUND_ID });
    expect(await listed('bound-before')).toContain('bound');

    await api.db.system.tenant.update({ where: { id: BOUND_ID }, data: { slug: 'bound-after' } });
    for (const slug of ['bound-before', BOUND_ID])
      await api.db.system.tenant.create({ data: { slug, name: 'Another', planTier: 'team' } });
    expect(await tenantOf()).toMatchObject({ id: BOUND_ID, slug: 'bound-after' });
    for (const slug of ['bound-before', BOUND_ID]) {
      expect(await listed(slug)).not.toContain('bound');
      expect((await api.get(`auth/oauth/bound/start?tenant=${slug}`).expect(404)).body.code).toBe('provider_not_found');
    }
  });
});

describe('one address in two tenants', () => {
  it('must name one, and signs in only there', async () => {
    const other = await api.factory.tenant();
    const twin = await api.factory.user(other.id, 'viewer', { email: user.email, emailVerifiedAt: new Date() });
    const login = issuer.account({ email: user.email, email_verified: true });
    const asked = await comeBack(login);
    expect([asked.status, asked.body.code]).toEqual([409, 'tenant_required']);
    const slugs = asked.body.tenants.map(({ slug }: { slug: string }) => slug);
    expect(new Set(slugs)).toEqual(new Set([tenant.slug, other.slug]));
    const page = await comeBack(login, {}, 'text/html');
    expect(page.headers.location).toBe(`${api.config.dashboardUrl}/sign-in?error=tenant_required`);

    const chosen = await signedInAs(api, await comeBack(login, { tenant: other.slug }));
    expect(chosen).toMatchObject({ id: twin.id, tenant: { slug: other.slug } });
    expect(await identitiesOf(user)).toEqual([]);
  });

  it('does not learn of a tenant where the address is not verified', async () => {
    const other = await api.factory.tenant();
    await api.factory.user(other.id, 'viewer', { email: user.email });
    expect(await signedInAs(api, await arrive(user.email))).toMatchObject({ id: user.id });
    expect((await arrive(user.email, { tenant: other.slug })).body.code).toBe('email_unverified');
  });

  it('has no account in a tenant without that address', async () => {
    const other = await api.factory.tenant();
    expect((await arrive(user.email, { tenant: other.slug })).body.code).toBe('no_account');
    expect((await arrive(user.email, { tenant: 'no-such-tenant' })).body.code).toBe('no_account');
  });
});
