import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { cookieSetBy } from '#test/cookies';
import type { TestTenant } from '#test/factory';
import { OAuthBrowser, redirectUriOf, signedInAs } from '#test/oauth-browser';
import { issuerClient, OidcIssuer } from '#test/oidc-issuer';

const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';

let issuer: OidcIssuer;
let api: TestApp;
let tenant: TestTenant;
let email: string;
let login: string;
beforeAll(async () => {
  issuer = await OidcIssuer.start(['acme', 'twin'].map((id) => redirectUriOf(id, 'https://dashboard.test')));
  const provider = (id: string) => ({ ...issuerClient, id, name: `Sign-in of ${id}`, issuer: issuer.issuer });
  api = await TestApp.start(undefined, {
    OIDC_PROVIDERS: JSON.stringify([
      provider('acme'),
      provider('twin'),
      { ...provider('customer'), tenant: 'the-customer' },
      { ...provider('nowhere'), issuer: 'http://127.0.0.1:1' },
    ]),
    DASHBOARD_URL: 'https://dashboard.test',
  });
  tenant = await api.factory.tenant();
  email = tenant.member.email;
  await verifyEmail(tenant.member.id);
  login = issuer.account({ email, email_verified: true });
});
afterEach(() => {
  issuer.lie = undefined;
  issuer.signsWithForeignKey = false;
  issuer.requiresPkce = true;
  api.clock.offsetMs = 0;
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
});

const verifyEmail = (id: string) =>
  api.db.system.user.update({
    where: { tenantId_id: { tenantId: tenant.id, id } },
    data: { emailVerifiedAt: new Date() },
  });

/** A browser that has signed in at the provider and is about to return. */
async function almostSignedIn(provider = 'acme'): Promise<{ browser: OAuthBrowser; url: URL }> {
  const browser = new OAuthBrowser(api);
  return { browser, url: await issuer.signIn(await browser.start(provider), login) };
}

async function expectFailed({ browser, url }: { browser: OAuthBrowser; url: URL }): Promise<void> {
  const before = await api.db.system.login.count();
  const answer = await browser.comeBack(url).expect(400);
  expect(answer.body).toMatchObject({ code: 'oauth_failed' });
  expect(cookieSetBy(answer, '__Host-refresh')).toBeUndefined();
  expect(await api.db.system.login.count()).toBe(before);
}

describe('the providers', () => {
  it('are listed by name without a login, never with secrets; those of one tenant only for that tenant', async () => {
    const { body } = await api.get('auth/providers').expect(200);
    expect(body.results).toEqual(
      ['acme', 'twin', 'nowhere'].map((id) => ({ id, name: `Sign-in of ${id}`, kind: 'oidc' })),
    );
    const page = await api.get('auth/providers?tenant=the-customer&limit=1&offset=2').expect(200);
    expect(page.body).toMatchObject({ count: 4, results: [{ id: 'customer' }] });
    expect(JSON.stringify([body, page.body])).not.toContain(issuerClient.client_secret);
  });

  it('that do not exist get 404, as do those of another tenant', async () => {
    expect((await api.get('auth/oauth/nobody/start').expect(404)).body.code).toBe('provider_not_found');
    expect((await api.get('auth/oauth/nobody/callback?code=x').expect(404)).body.code).toBe('provider_not_found');
    await api.get(`auth/oauth/customer/start?tenant=${tenant.slug}`).expect(404);
  });
});

describe('a browser that starts', () => {
  it('is sent to the provider with PKCE, state and nonce, and keeps them in a cookie for ten minutes', async () => {
    const browser = new OAuthBrowser(api);
    const url = await browser.start('acme', { tenant: tenant.slug, return_to: '/licenses' });
    expect(url.origin).toBe(issuer.issuer);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: issuerClient.client_id,
      redirect_uri: redirectUriOf('acme', 'https://dashboard.test'),
      scope: 'openid email profile',
      code_challenge_method: 'S256',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(url.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    expect(url.search).not.toContain('verifier');
    const again = await new OAuthBrowser(api).start('acme');
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(again.searchParams.get(name)).not.toBe(url.searchParams.get(name));
  });

  it.each([
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test',
    '\\\\evil.test',
    '/a//evil.test',
    '/\t/evil.test',
    'javascript:alert(1)',
    'evil.test',
    '',
  ])('is refused with the return_to %j', async (returnTo) => {
    const query = new URLSearchParams({ return_to: returnTo }).toString();
    const { body } = await api.get(`auth/oauth/acme/start?${query}`).expect(422);
    expect(body.errors).toMatchObject([{ path: 'return_to' }]);
  });

  it('at an unreachable issuer is redirected with temporarily_unavailable, and an API client gets 503', async () => {
    const { body, headers } = await api.get('auth/oauth/nowhere/start').expect(503);
    expect(body.code).toBe('temporarily_unavailable');
    expect(headers['retry-after']).toBe('10');
    const page = await api.get('auth/oauth/nowhere/start').set('accept', HTML).expect(302);
    expect(page.headers.location).toBe('https://dashboard.test/sign-in?error=temporarily_unavailable');
  });
});

describe('a browser that comes back', () => {
  it('gets the refresh cookie and is redirected to the dashboard, without a token in any URL', async () => {
    const browser = new OAuthBrowser(api);
    const url = await issuer.signIn(await browser.start('acme', { return_to: '/licenses?page=2#top' }), login);
    const answer = await browser.comeBack(url, HTML).expect(302);
    expect(answer.headers.location).toBe('https://dashboard.test/licenses?page=2#top');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).toBe('');
    expect(cookieSetBy(answer, '__Host-oauth')).toMatch(/^__Host-oauth=;.*Expires=Thu, 01 Jan 1970/);
    expect(cookieSetBy(answer, '__Host-refresh')).toMatch(/HttpOnly; Secure/);
    expect(await signedInAs(api, answer)).toMatchObject({ id: tenant.member.id, tenant: { slug: tenant.slug } });
    const entries = await api.auditOf(tenant.member.id, 'user.logged_in');
    expect(entries.at(-1)).toMatchObject({ actorId: tenant.member.id, after: { method: 'oauth:acme' } });
  });

  it('with an error of the provider is redirected to the sign-in page, and an API client gets a problem', async () => {
    const { browser, url } = await almostSignedIn();
    url.searchParams.delete('code');
    url.searchParams.set('error', 'access_denied');
    const page = await browser.comeBack(url, HTML).expect(302);
    expect(page.headers.location).toBe('https://dashboard.test/sign-in?error=oauth_failed');
    await expectFailed({ browser, url });
  });

  it.each<[string, (url: URL) => void]>([
    ['another state', (url) => url.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (url) => url.searchParams.delete('state')],
    ['two states', (url) => url.searchParams.append('state', url.searchParams.get('state')!)],
    ['another code', (url) => url.searchParams.set('code', 'x'.repeat(43))],
    ['no code', (url) => url.searchParams.delete('code')],
    ['the name of another issuer (RFC 9207)', (url) => url.searchParams.set('iss', 'https://evil.test')],
    ['no name of the issuer, though it promises one', (url) => url.searchParams.delete('iss')],
  ])('with %s is refused', async (_, change) => {
    const back = await almostSignedIn();
    change(back.url);
    await expectFailed(back);
  });

  it.each<[string, (cookie: string) => string]>([
    ['without its cookie', () => ''],
    ['with a cookie that was changed', (cookie) => cookie.replace(/.\./, (c) => (c === 'A.' ? 'B.' : 'A.'))],
    ['with an unsigned cookie', (cookie) => cookie.replace(/\..*/, '.')],
  ])('%s is refused', async (_, change) => {
    const { browser, url } = await almostSignedIn();
    browser.cookie = change(browser.cookie);
    await expectFailed({ browser, url });
  });

  it('with the cookie of another browser is refused: a link cannot sign its victim in as another user', async () => {
    const [attacker, victim] = [await almostSignedIn(), await almostSignedIn()];
    await expectFailed({ browser: victim.browser, url: attacker.url });
  });

  it('at the callback of another provider is refused', async () => {
    const { browser, url } = await almostSignedIn('acme');
    await expectFailed({ browser, url: new URL(url.href.replace('/acme/', '/twin/')) });
  });

  it('after ten minutes is refused', async () => {
    const back = await almostSignedIn();
    api.advance(600);
    await expectFailed(back);
  });

  it('is refused a second time: a code works once', async () => {
    const back = await almostSignedIn();
    await back.browser.comeBack(back.url).expect(302);
    await expectFailed(back);
  });
});

describe('an ID token', () => {
  const seconds = () => Math.floor(Date.now() / 1000);

  it.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
    ['with another nonce', (claims) => ({ ...claims, nonce: 'x'.repeat(43) })],
    ['without a nonce', (claims) => ({ ...claims, nonce: undefined })],
    ['for another audience', (claims) => ({ ...claims, aud: 'somebody-else' })],
    ['for several audiences and another party', (claims) => ({ ...claims, aud: ['coditect', 'other'], azp: 'other' })],
    ['of another issuer', (claims) => ({ ...claims, iss: 'https://evil.test' })],
    ['that has expired', (claims) => ({ ...claims, exp: seconds() - 60, iat: seconds() - 120 })],
    ['without a subject', (claims) => ({ ...claims, sub: undefined })],
    ['whose subject cannot be stored', (claims) => ({ ...claims, sub: 'a\0b', email: 'a@example.test' })],
  ])('%s is refused', async (_, lie) => {
    const back = await almostSignedIn();
    issuer.lie = lie;
    await expectFailed(back);
  });

  it('with the address in it counts as much as the user info', async () => {
    const back = await almostSignedIn();
    issuer.lie = (claims) => ({ ...claims, sub: 'as-at-google', email: tenant.viewer.email, email_verified: true });
    await verifyEmail(tenant.viewer.id);
    const answer = await back.browser.comeBack(back.url).expect(302);
    expect(await signedInAs(api, answer)).toMatchObject({ id: tenant.viewer.id });
  });

  it('signed with a foreign key is refused', async () => {
    const back = await almostSignedIn();
    issuer.signsWithForeignKey = true;
    await expectFailed(back);
  });
});

describe('PKCE', () => {
  it('cannot be removed from the authorization request: a code without a challenge is refused', async () => {
    issuer.requiresPkce = false;
    const browser = new OAuthBrowser(api);
    const there = await browser.start('acme');
    there.searchParams.delete('code_challenge');
    there.searchParams.delete('code_challenge_method');
    await expectFailed({ browser, url: await issuer.signIn(there, login) });
  });

  it('ties the code to the browser: the code of another sign-in is refused even with the right state', async () => {
    const [stolen, own] = [await almostSignedIn(), await almostSignedIn()];
    own.url.searchParams.set('code', stolen.url.searchParams.get('code')!);
    await expectFailed(own);
  });
});

describe('an issuer that was down', () => {
  it('is asked again, and not needed for the start of the API', async () => {
    const gone = await OidcIssuer.start([]);
    const { port } = gone;
    await gone.stop();
    const patient = await TestApp.start(api.stack, {
      OIDC_PROVIDERS: JSON.stringify([{ ...issuerClient, id: 'acme', name: 'Acme', issuer: gone.issuer }]),
    });
    try {
      await patient.get('auth/oauth/acme/start').expect(503);
      const back = await OidcIssuer.start([redirectUriOf('acme')], port);
      const browser = new OAuthBrowser(patient);
      const url = await back.signIn(await browser.start('acme'), back.account({ email, email_verified: true }));
      await back.stop();
      expect((await browser.comeBack(url).expect(503)).body.code).toBe('temporarily_unavailable');
    } finally {
      await patient.stop();
    }
  });
});
