import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('oidc-issuer.mjs', import.meta.url));

type Claims = Record<string, unknown>;

/** The claims of an account, besides its subject. */
export interface IssuerAccount {
  email?: string;
  email_verified?: unknown;
  name?: string;
}

export const issuerClient = { client_id: 'coditect', client_secret: 'known to the two of them' } as const;

/** A question of its process, by IPC. */
type Question = { id: number } & (
  | { wants: 'behaviour' }
  | { wants: 'account'; login: string }
  | { wants: 'lie'; claims: Claims }
);

/** A real OpenID provider in its own process and on its own port. It can be told to lie. */
export class OidcIssuer {
  /** Keys are login names, which are also the subjects. */
  readonly accounts = new Map<string, IssuerAccount>();
  /** Changes the claims of the next ID tokens. */
  lie: ((claims: Claims) => Claims) | undefined;
  /** Signs ID tokens with a key that the issuer does not publish. */
  signsWithForeignKey = false;
  /** Whether an authorization request without a code challenge is refused. */
  requiresPkce = true;

  private constructor(
    readonly issuer: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (question: Question) => child.send({ id: question.id, answer: this.answer(question) }));
  }

  /** @param redirectUris of the application
   *  @param port a fixed port, to return to an earlier address; by default any free one */
  static async start(redirectUris: string[], port = 0): Promise<OidcIssuer> {
    const child = spawn(process.execPath, [PROGRAM, String(port), ...redirectUris], {
      env: { ...process.env, OIDC_CLIENT: JSON.stringify(issuerClient) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
    if (typeof first !== 'object' || first === null) throw new Error(`the issuer ended with ${String(first)}`);
    return new OidcIssuer((first as { issuer: string }).issuer, child);
  }

  get port(): number {
    return Number(new URL(this.issuer).port);
  }

  /** Adds an account. */
  account(claims: IssuerAccount): string {
    const login = `user-${randomUUID()}`;
    this.accounts.set(login, claims);
    return login;
  }

  /** Acts as the browser: signs in on the issuer's own pages. Returns the URL that it is redirected to. */
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
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  private answer(question: Question): unknown {
    if (question.wants === 'account') return this.accounts.get(question.login) ?? {};
    if (question.wants === 'lie') return this.lie?.(question.claims) ?? question.claims;
    const { requiresPkce, signsWithForeignKey } = this;
    return { requiresPkce, signsWithForeignKey, lies: this.lie !== undefined };
  }
}
