import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

type Claims = Record<string, unknown>;

/** What the issuer says of somebody, besides who it is. */
export interface IssuerAccount {
  email?: string;
  email_verified?: unknown;
  name?: string;
}

export const issuerClient = { client_id: 'coditect', client_secret: 'known to the two of them' } as const;

/** A real OpenID provider on a port of its own, which can be told to lie. */
export class OidcIssuer {
  /** By login name, which is the subject too. */
  readonly accounts = new Map<string, IssuerAccount>();
  /** Changes what the next ID tokens say. */
  lie: ((claims: Claims) => Claims) | undefined;
  /** Signs ID tokens with a key that the issuer does not publish. */
  signsWithForeignKey = false;
  /** Whether an authorization request without a code challenge is refused. */
  requiresPkce = true;
  private readonly key = newKey();
  private readonly foreignKey = newKey();

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  /** @param redirectUris of the application
   *  @param port a certain one, to come back where it was before; any free one otherwise */
  static async start(redirectUris: string[], port = 0): Promise<OidcIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const issuer = new OidcIssuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    const answer = issuer.provider(redirectUris).callback();
    server.on('request', (request, response) => void answer(request, response));
    return issuer;
  }

  get port(): number {
    return Number(new URL(this.issuer).port);
  }

  /** Somebody new. */
  account(claims: IssuerAccount): string {
    const login = `user-${randomUUID()}`;
    this.accounts.set(login, claims);
    return login;
  }

  /** Plays the browser: signs in on the issuer's own pages and answers where it is sent back to. */
  async signIn(authorizationUrl: URL, login: string): Promise<URL> {
    const redirectUri = authorizationUrl.searchParams.get('redirect_uri')!;
    const jar = new Map<string, string>();
    const step = async (url: URL, init: RequestInit = {}): Promise<Response> => {
      const headers = new Headers(init.headers);
      headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
      const response = await fetch(url, { redirect: 'manual', ...init, headers });
      for (const set of response.headers.getSetCookie()) {
        const [name = '', value = ''] = set.split(';', 1)[0]!.split('=');
        jar.set(name, value);
      }
      return response;
    };
    let url = authorizationUrl;
    let response = await step(url);
    for (let pages = 0; pages < 12; pages += 1) {
      const to = response.headers.get('location');
      if (to?.startsWith(redirectUri)) return new URL(to);
      if (to) {
        url = new URL(to, url);
        response = await step(url);
        continue;
      }
      const html = await response.text();
      const action = /action="([^"]+)"/.exec(html)?.[1];
      const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1];
      if (!action || !prompt) throw new Error(`no form on the issuer's page: ${response.status}`);
      response = await step(new URL(action, url), {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ prompt, login, password: 'any' }).toString(),
      });
    }
    throw new Error('the issuer did not send the browser back');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private provider(redirectUris: string[]): Provider {
    const jwk = { ...this.key.privateKey.export({ format: 'jwk' }), kid: this.key.kid, alg: 'RS256', use: 'sig' };
    const provider = new Provider(this.issuer, {
      clients: [{ ...issuerClient, redirect_uris: redirectUris, response_types: ['code'] }],
      jwks: { keys: [jwk] },
      cookies: { keys: ['of a test'] },
      ttl: { AccessToken: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
      features: { devInteractions: { enabled: true } },
      pkce: { required: () => this.requiresPkce },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, ...(this.accounts.get(id) as Claims | undefined) }),
      }),
    });
    provider.use(async (context, next) => {
      await next();
      const body = context.body as { id_token?: string } | undefined;
      if (body?.id_token && (this.lie || this.signsWithForeignKey)) body.id_token = this.signed(body.id_token);
    });
    return provider;
  }

  private signed(idToken: string): string {
    const [head, content] = idToken.split('.');
    const claims = JSON.parse(Buffer.from(content!, 'base64url').toString()) as Claims;
    const changed = Buffer.from(JSON.stringify(this.lie?.(claims) ?? claims)).toString('base64url');
    const { privateKey } = this.signsWithForeignKey ? this.foreignKey : this.key;
    return `${head}.${changed}.${sign('sha256', Buffer.from(`${head}.${changed}`), privateKey).toString('base64url')}`;
  }
}

function newKey(): { privateKey: KeyObject; kid: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { privateKey, kid };
}
