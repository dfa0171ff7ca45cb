import { expect } from 'vitest';
import type { TestApp } from './app.js';
import { cookieSetBy } from './cookies.js';

const CALLBACK = '/api/v1/auth/oauth';

/** Returns the redirect URI that is registered at a provider. */
export function redirectUriOf(provider: string, dashboardUrl = 'http://licenses.test'): string {
  return `${dashboardUrl}${CALLBACK}/${provider}/callback`;
}

/** A browser as the API sees it. It keeps the cookie of a flow and follows redirects. */
export class OAuthBrowser {
  /** The cookie of the flow as `name=value`. */
  cookie = '';

  constructor(private readonly api: TestApp) {}

  /** Starts a sign-in. Returns the URL that the API redirects to. */
  async start(provider: string, query: Record<string, string> = {}): Promise<URL> {
    const answer = await this.api
      .get(`auth/oauth/${provider}/start?${new URLSearchParams(query).toString()}`)
      .expect(302);
    this.keep(answer);
    return new URL(answer.headers.location!);
  }

  /** Starts linking an identity. Returns the URL to open. */
  async startLinking(provider: string, accessToken: string, body: object = {}): Promise<URL> {
    const answer = await this.api.post(`auth/identities/${provider}/link`, body, accessToken).expect(200);
    this.keep(answer);
    return new URL((answer.body as { url: string }).url);
  }

  /** Follows the provider's redirect to the API. */
  comeBack(url: URL, accept = 'application/json') {
    const call = this.api
      .http()
      .get(url.pathname + url.search)
      .set('accept', accept);
    return this.cookie === '' ? call : call.set('cookie', this.cookie);
  }

  private keep(answer: { headers: Record<string, unknown> }): void {
    const set = cookieSetBy(answer, '__Host-oauth');
    expect(set).toMatch(/^__Host-oauth=[\w-]+\.[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    this.cookie = set!.split(';', 1)[0]!;
  }
}

/** Returns the user of a login that a provider began. Exchanges the refresh cookie as the dashboard does. */
export async function signedInAs(
  api: TestApp,
  answer: { headers: Record<string, unknown> },
): Promise<{ id: string; email: string; role: string; tenant: { slug: string } }> {
  const cookie = cookieSetBy(answer, '__Host-refresh');
  const refreshed = await api
    .post('auth/refresh')
    .set('cookie', cookie!.split(';', 1)[0]!)
    .set('sec-fetch-site', 'same-origin')
    .expect(200);
  const me = await api.get('auth/me', (refreshed.body as { access_token: string }).access_token).expect(200);
  return me.body as { id: string; email: string; role: string; tenant: { slug: string } };
}
