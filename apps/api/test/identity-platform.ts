import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Claims = Record<string, unknown>;

export interface PlatformKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The keys that Google publishes, and the ID tokens that its SDK holds. Signs without the library that verifies
 *  them. */
export class IdentityPlatformStub {
  readonly projectId = 'acme-sign-in';
  readonly issuer = `https://securetoken.google.com/${this.projectId}`;
  readonly key = newPlatformKey();
  /** The keys that the server returns. */
  published: PlatformKey[] = [this.key];
  status = 200;
  /** How often the keys have been fetched. */
  requests = 0;

  private constructor(
    readonly jwksUrl: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<IdentityPlatformStub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const stub = new IdentityPlatformStub(`http://127.0.0.1:${port}/jwks`, server);
    server.on('request', (_request, response) => {
      stub.requests += 1;
      const keys = stub.published.map(({ kid, publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
        alg: 'RS256',
        use: 'sig',
      }));
      response.writeHead(stub.status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
    });
    return stub;
  }

  /** Returns an entry of `OIDC_PROVIDERS`. */
  settings(changes: object = {}): object {
    const { projectId, jwksUrl } = this;
    return {
      id: 'platform',
      name: 'Acme',
      kind: 'identity_platform',
      project_id: projectId,
      jwks_url: jwksUrl,
      ...changes,
    };
  }

  /** Returns the claims of a person who has just signed in. Times in seconds since 1970. */
  claims(changes: Claims = {}): Claims {
    const now = Math.floor(Date.now() / 1000);
    const sub = randomUUID().replaceAll('-', '').slice(0, 28);
    return {
      iss: this.issuer,
      aud: this.projectId,
      sub,
      user_id: sub,
      auth_time: now,
      iat: now,
      exp: now + 3600,
      firebase: { identities: { 'google.com': ['1234567890'] }, sign_in_provider: 'google.com' },
      ...changes,
    };
  }

  token(changes: Claims = {}, { kid, privateKey }: PlatformKey = this.key): string {
    const signed = signingInput({ alg: 'RS256', kid, typ: 'JWT' }, this.claims(changes));
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  }

  unsignedToken(changes: Claims): string {
    return `${signingInput({ alg: 'none', typ: 'JWT' }, this.claims(changes))}.`;
  }

  /** Signs with the public key as the secret of a MAC (RFC 8725, section 2.1). */
  tokenWithMac(changes: Claims): string {
    const signed = signingInput({ alg: 'HS256', kid: this.key.kid, typ: 'JWT' }, this.claims(changes));
    const secret = this.key.publicKey.export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function newPlatformKey(): PlatformKey {
  return { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

function signingInput(header: object, claims: Claims): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
