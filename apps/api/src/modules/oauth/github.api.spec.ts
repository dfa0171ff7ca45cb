import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant, TestUser } from '#test/factory';
import { githubApp, GithubStub } from '#test/github-stub';
import { OAuthBrowser, redirectUriOf, signedInAs } from '#test/oauth-browser';

let github: GithubStub;
let api: TestApp;
let tenant: TestTenant;
let member: TestUser;
let nextId = 1_000;
beforeAll(async () => {
  github = await GithubStub.start();
  api = await TestApp.start(undefined, {
    GITHUB_CLIENT_ID: githubApp.id,
    GITHUB_CLIENT_SECRET: githubApp.secret,
    GITHUB_URL: github.url,
    GITHUB_API_URL: `${github.url}/`,
  });
  tenant = await api.factory.tenant();
});
beforeEach(async () => {
  member = await api.factory.user(tenant.id, 'member', { emailVerifiedAt: new Date() });
  nextId += 1;
  github.account = {
    id: nextId,
    login: 'octocat',
    name: 'The Octocat',
    emails: [
      { email: 'old@example.test', primary: false, verified: true, visibility: null },
      { email: member.email.toUpperCase(), primary: true, verified: true, visibility: 'private' },
    ],
  };
});
afterEach(() => {
  github.forgetsUsedCodes = false;
  github.apiStatus = undefined;
  github.namesItself = undefined;
});
afterAll(async () => {
  await api.stop();
  await github.stop();
});

async function almostSignedIn(): Promise<{ browser: OAuthBrowser; url: URL }> {
  const browser = new OAuthBrowser(api);
  return { browser, url: await github.signIn(await browser.start('github')) };
}

describe('signing in with GitHub', () => {
  it('is offered when it is set up', async () => {
    const { body } = await api.get('auth/providers').expect(200);
    expect(body.results).toEqual([{ id: 'github', name: 'GitHub', kind: 'github' }]);
  });

  it('requests only the e-mail addresses, with PKCE and state', async () => {
    const url = await new OAuthBrowser(api).start('github');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: githubApp.id,
      redirect_uri: redirectUriOf('github'),
      scope: 'user:email',
      code_challenge_method: 'S256',
    });
    expect(url.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
  });

  it('finds the user by the primary verified address, and from then on by the number of the account', async () => {
    const { browser, url } = await almostSignedIn();
    expect(await signedInAs(api, await browser.comeBack(url).expect(302))).toMatchObject({ id: member.id });
    const [identity] = await api.db.system.identity.findMany({ where: { userId: member.id } });
    expect(identity).toMatchObject({ provider: 'github', subject: String(nextId), email: member.email });

    github.account = { ...github.account, login: 'renamed', emails: [] };
    const later = await almostSignedIn();
    expect(await signedInAs(api, await later.browser.comeBack(later.url).expect(302))).toMatchObject({ id: member.id });
  });

  it('does not accept an unverified or secondary address', async () => {
    const [, primary] = github.account.emails;
    for (const emails of [
      [{ ...primary!, verified: false }],
      [{ ...primary!, primary: false }],
      [
        { ...primary!, primary: false },
        { ...primary!, email: 'main@example.test', verified: false },
      ],
    ]) {
      github.account = { ...github.account, emails };
      const { browser, url } = await almostSignedIn();
      expect((await browser.comeBack(url).expect(403)).body.code).toBe('email_unverified');
    }
    expect(await api.db.system.identity.count({ where: { userId: member.id } })).toBe(0);
  });

  it.each<[string, (url: URL) => void]>([
    ['another state', (url) => url.searchParams.set('state', 'x'.repeat(43))],
    ['another code', (url) => url.searchParams.set('code', 'x'.repeat(20))],
    ['an error', (url) => url.searchParams.set('error', 'access_denied')],
  ])('with %s is refused', async (_, change) => {
    const { browser, url } = await almostSignedIn();
    change(url);
    expect((await browser.comeBack(url).expect(400)).body.code).toBe('oauth_failed');
  });

  it('with the code of another sign-in is refused: the challenge differs', async () => {
    const [stolen, own] = [await almostSignedIn(), await almostSignedIn()];
    own.url.searchParams.set('code', stolen.url.searchParams.get('code')!);
    expect((await own.browser.comeBack(own.url).expect(400)).body.code).toBe('oauth_failed');
  });

  it('is refused if the response names another issuer (RFC 9207)', async () => {
    github.namesItself = 'https://evil.test/login/oauth';
    const { browser, url } = await almostSignedIn();
    expect((await browser.comeBack(url).expect(400)).body.code).toBe('oauth_failed');
  });

  it('is refused a second time, even if the provider accepts a code twice', async () => {
    github.forgetsUsedCodes = true;
    const { browser, url } = await almostSignedIn();
    await browser.comeBack(url).expect(302);
    expect((await browser.comeBack(url).expect(400)).body).toMatchObject({ code: 'oauth_failed' });
  });

  it('gets 503 while GitHub’s API fails, and is refused if its response does not match', async () => {
    for (const [apiStatus, status, code] of [
      [502, 503, 'temporarily_unavailable'],
      [404, 400, 'oauth_failed'],
    ] as const) {
      github.apiStatus = apiStatus;
      const { browser, url } = await almostSignedIn();
      expect((await browser.comeBack(url).expect(status)).body.code).toBe(code);
    }
  });
});
