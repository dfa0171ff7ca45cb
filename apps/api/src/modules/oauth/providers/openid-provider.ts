import * as oidc from 'openid-client';
import type { OidcProvider } from '#config/sign-in-providers';
import { CodeFlowProvider } from './code-flow-provider.js';
import { PROVIDER_TIMEOUT_SECONDS } from './sign-in-provider.js';

type Tokens = Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>;

/** How long the issuer's metadata is cached. */
const DISCOVERED_FOR_MS = 60 * 60 * 1000;

/** An issuer of OpenID Connect, found by its discovery document. */
export class OpenidProvider extends CodeFlowProvider {
  protected readonly scope = 'openid email profile';
  private discovered: { config: Promise<oidc.Configuration>; until: number } | undefined;

  constructor(private readonly settings: OidcProvider) {
    super(settings, 'oidc');
  }

  /** Fetched when needed, and again after a failure: an issuer that is down stops only its own sign-ins. */
  protected async configuration(): Promise<oidc.Configuration> {
    if (!this.discovered || this.discovered.until <= Date.now())
      this.discovered = { config: this.discover(), until: Date.now() + DISCOVERED_FOR_MS };
    try {
      return await this.discovered.config;
    } catch (error) {
      this.discovered = undefined;
      this.log('discovery failed', error);
      throw this.outage(error);
    }
  }

  protected async identityOf(config: oidc.Configuration, tokens: Tokens) {
    const claims = tokens.claims()!; // an expected nonce means that there is an ID token
    const { userinfo_endpoint: userinfo } = config.serverMetadata();
    const profile =
      claims['email'] === undefined && userinfo
        ? await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
        : claims;
    return {
      subject: claims.sub,
      email: profile['email'],
      emailVerified: profile['email_verified'] === true,
      name: profile['name'],
    };
  }

  private async discover(): Promise<oidc.Configuration> {
    const { issuer, client_id: clientId, client_secret: secret } = this.settings;
    const config = await oidc.discovery(new URL(issuer), clientId, secret, clientSecretAuthentication(secret), {
      timeout: PROVIDER_TIMEOUT_SECONDS,
      execute: [
        oidc.enableNonRepudiationChecks, // verifies the signature of ID tokens, in addition to TLS
        ...(issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []), // the configuration has checked that
      ],
    });
    for (const needed of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const)
      if (!config.serverMetadata()[needed]) throw new Error(`the issuer has no ${needed}`);
    return config;
  }
}

/** Chooses the method that the issuer accepts. If the issuer names none, the default is Basic (OpenID Connect
 *  Discovery, section 3). */
function clientSecretAuthentication(secret: string): oidc.ClientAuth {
  const [post, basic] = [oidc.ClientSecretPost(secret), oidc.ClientSecretBasic(secret)];
  return (server, ...rest) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    return methods.includes('client_secret_basic') ? basic(server, ...rest) : post(server, ...rest);
  };
}
