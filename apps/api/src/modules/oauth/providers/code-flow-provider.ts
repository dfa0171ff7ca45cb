import * as oauth from 'openid-client';
import { type ClaimedIdentity, type ExternalIdentity, SignInProvider } from './sign-in-provider.js';

/** Values that are checked when the browser returns. They prove that it is the browser that was sent to the
 *  provider, and that the provider issued the code for this server. */
export interface ProviderChecks {
  state: string;
  nonce: string;
  verifier: string;
}

/** A provider with redirects: the authorization code flow with PKCE (RFC 6749, RFC 7636, RFC 9700). */
export abstract class CodeFlowProvider extends SignInProvider {
  /** An OpenID provider returns an ID token, which must repeat the nonce. */
  protected readonly usesNonce: boolean = true;
  protected abstract readonly scope: string;

  /** @throws ProblemError temporarily_unavailable */
  protected abstract configuration(): Promise<oauth.Configuration>;

  /** Returns the identity that the tokens stand for. */
  protected abstract identityOf(
    config: oauth.Configuration,
    tokens: Awaited<ReturnType<typeof oauth.authorizationCodeGrant>>,
  ): Promise<ClaimedIdentity>;

  /** Returns the URL to send the browser to.
   *  @throws ProblemError temporarily_unavailable */
  async authorizationUrl(redirectUri: string, { state, nonce, verifier }: ProviderChecks): Promise<URL> {
    return oauth.buildAuthorizationUrl(await this.configuration(), {
      redirect_uri: redirectUri,
      scope: this.scope,
      state,
      ...(this.usesNonce ? { nonce } : {}),
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
  }

  /**
   * Returns the identity of the returning browser. The library checks state, issuer (RFC 9207), signature, audience,
   * nonce and times.
   * @param callback the redirect URI as it was called
   * @throws ProblemError oauth_failed, temporarily_unavailable
   */
  async identify(callback: URL, { state, nonce, verifier }: ProviderChecks): Promise<ExternalIdentity> {
    const config = await this.configuration();
    try {
      const tokens = await oauth.authorizationCodeGrant(config, callback, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        ...(this.usesNonce ? { expectedNonce: nonce } : {}),
      });
      return this.checked(await this.identityOf(config, tokens));
    } catch (error) {
      this.log('signing in failed', error);
      throw isOutage(error) ? this.outage(error) : this.failed(error);
    }
  }
}

/** Whether the provider is unreachable, too slow, or reports a fault of its own. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof oauth.ClientError && error.code === 'OAUTH_TIMEOUT') return true;
  if (error instanceof TypeError) return error.message === 'fetch failed'; // undici's one message for every broken connection
  return error.cause instanceof Response && error.cause.status >= 500;
}
