import * as oauth from 'openid-client';
import { z } from 'zod';
import { GITHUB, type GithubApp } from '#config/sign-in-providers';
import { CodeFlowProvider } from './code-flow-provider.js';
import { PROVIDER_TIMEOUT_SECONDS } from './sign-in-provider.js';

type Tokens = Awaited<ReturnType<typeof oauth.authorizationCodeGrant>>;

const GithubUser = z.object({ id: z.int().positive(), login: z.string(), name: z.string().nullish() });
const GithubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** GitHub is OAuth 2.0 without OpenID Connect. There is no ID token, so its API is asked for the user. */
export class GithubProvider extends CodeFlowProvider {
  protected override readonly usesNonce = false;
  protected readonly scope = 'user:email';
  private readonly config: oauth.Configuration;

  constructor(private readonly app: GithubApp) {
    super({ id: GITHUB, name: 'GitHub' }, 'github');
    this.config = new oauth.Configuration(
      {
        // GitHub's own name in `iss` (RFC 9207).
        issuer: `${app.url}/login/oauth`,
        authorization_endpoint: `${app.url}/login/oauth/authorize`,
        token_endpoint: `${app.url}/login/oauth/access_token`,
      },
      app.clientId,
      app.clientSecret,
    );
    this.config.timeout = PROVIDER_TIMEOUT_SECONDS;
    if ([app.url, app.apiUrl].some((url) => url.startsWith('http:'))) oauth.allowInsecureRequests(this.config);
  }

  protected configuration(): Promise<oauth.Configuration> {
    return Promise.resolve(this.config);
  }

  /** Uses only the primary address, to which GitHub writes. Another one may be old and belong to another person by
   *  now. */
  protected async identityOf(_config: oauth.Configuration, { access_token: token }: Tokens) {
    const [user, emails] = await Promise.all([
      this.read(token, '/user', GithubUser),
      this.read(token, '/user/emails', GithubEmails),
    ]);
    const primary = emails.find((email) => email.primary);
    return {
      subject: String(user.id),
      email: primary?.email,
      emailVerified: primary?.verified === true,
      name: user.name ?? user.login,
    };
  }

  private async read<T>(token: string, path: string, schema: z.ZodType<T>): Promise<T> {
    const url = new URL(this.app.apiUrl + path);
    const headers = new Headers({ accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' });
    const response = await oauth.fetchProtectedResource(this.config, token, url, 'GET', null, headers);
    if (!response.ok) throw new Error(`the API answered ${response.status}`, { cause: response });
    return schema.parse(await response.json());
  }
}
