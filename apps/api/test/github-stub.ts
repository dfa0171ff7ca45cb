import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const githubApp = { id: 'Iv1.0123456789abcdef', secret: 'known to GitHub' } as const;

export interface GithubAccount {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean; visibility: string | null }[];
}

/** The endpoints of GitHub for signing in, as its documentation describes them, PKCE and `iss` included. */
export class GithubStub {
  /** The account that is signed in at GitHub. */
  account: GithubAccount = { id: 1, login: 'nobody', name: null, emails: [] };
  /** A wrong issuer name to send, if any. */
  namesItself: string | undefined;
  /** Accepts a code more than once, unlike GitHub. */
  forgetsUsedCodes = false;
  /** The status of every response of the API, if set. */
  apiStatus: number | undefined;
  private readonly codes = new Map<string, { challenge: string; redirectUri: string; account: GithubAccount }>();
  private readonly tokens = new Map<string, GithubAccount>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<GithubStub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stub = new GithubStub(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void stub.answer(request, response));
    return stub;
  }

  /** Acts as the browser of the account, which has already approved the application. */
  async signIn(authorizationUrl: URL): Promise<URL> {
    const response = await fetch(authorizationUrl, { redirect: 'manual' });
    const to = response.headers.get('location');
    if (!to) throw new Error(`the stub did not send the browser back: ${response.status}`);
    return new URL(to);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname === '/login/oauth/authorize') return this.authorize(url.searchParams, response);
    if (url.pathname === '/login/oauth/access_token')
      // GitHub sends its refusals with 200.
      return void json(200, this.exchange(new URLSearchParams(await text(request))));
    if (this.apiStatus) return void json(this.apiStatus, { message: 'as the test wants it' });
    const account = this.tokens.get(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (!request.headers['user-agent']) return void json(403, { message: 'a User-Agent is needed' });
    if (!account) return void json(401, { message: 'Bad credentials' });
    const { emails, ...user } = account;
    if (url.pathname === '/user') return void json(200, { ...user, email: null });
    if (url.pathname === '/user/emails') return void json(200, emails);
    return void json(404, { message: 'Not Found' });
  }

  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const { client_id, redirect_uri, state, code_challenge, code_challenge_method } = Object.fromEntries(query);
    if (client_id !== githubApp.id || !redirect_uri || !state || code_challenge_method !== 'S256' || !code_challenge)
      return void response.writeHead(400).end();
    const code = randomBytes(10).toString('hex');
    this.codes.set(code, { challenge: code_challenge, redirectUri: redirect_uri, account: this.account });
    const to = new URL(redirect_uri);
    const iss = this.namesItself ?? `${this.url}/login/oauth`;
    to.search = new URLSearchParams({ code, state, iss }).toString();
    response.writeHead(302, { location: to.href }).end();
  }

  private exchange(form: URLSearchParams): object {
    const { client_id, client_secret, code = '', redirect_uri, code_verifier = '' } = Object.fromEntries(form);
    if (client_id !== githubApp.id || client_secret !== githubApp.secret)
      return { error: 'incorrect_client_credentials' };
    const issued = this.codes.get(code);
    if (!this.forgetsUsedCodes) this.codes.delete(code);
    const challenge = createHash('sha256').update(code_verifier).digest('base64url');
    if (!issued || issued.challenge !== challenge) return { error: 'bad_verification_code' };
    if (issued.redirectUri !== redirect_uri) return { error: 'redirect_uri_mismatch' };
    const token = `gho_${randomBytes(18).toString('base64url')}`;
    this.tokens.set(token, issued.account);
    return { access_token: token, token_type: 'bearer', scope: 'user:email' };
  }
}
