import { Logger } from '@nestjs/common';
import { STORABLE_TEXT } from '@coditect/contracts/common';
import type { SignInProvider as ProviderMessage } from '@coditect/contracts/oauth';
import { EmailAddress, PersonName } from '@coditect/contracts/users';
import * as oauth from 'openid-client';
import { z } from 'zod';
import { ProblemError, temporarilyUnavailable } from '../../../platform/problem.js';

/** For each call to a provider: a person waits for it. */
export const PROVIDER_TIMEOUT_SECONDS = 5;

const RETRY_AFTER_SECONDS = 10;

/** Who a provider says somebody is. What does not fit is left out; without a usable subject it is nobody. */
const ExternalIdentity = z.object({
  /** Never changes and is never given to somebody else, unlike the e-mail address (OpenID Connect Core, section 5.7). */
  subject: z.string().min(1).max(255).regex(STORABLE_TEXT),
  email: EmailAddress.optional().catch(undefined),
  /** The provider vouches for it, and is trusted to. */
  emailVerified: z.boolean(),
  name: PersonName.optional().catch(undefined),
});
export type ExternalIdentity = z.infer<typeof ExternalIdentity> & { provider: string };

/** What ties the browser that comes back to the one that was sent, and the code to us. */
export interface ProviderChecks {
  state: string;
  nonce: string;
  verifier: string;
}

/** A place besides here at which people sign in: the authorization code flow with PKCE (RFC 6749, RFC 7636, RFC 9700). */
export abstract class SignInProvider {
  /** The slug of the only tenant it signs in to, if there is one. */
  readonly tenant: string | undefined = undefined;
  /** Whether somebody who was not invited becomes a member of that tenant. */
  readonly allowSignUp: boolean = false;
  /** An OpenID provider answers an ID token, which has to repeat the nonce. */
  protected readonly usesNonce: boolean = true;
  protected abstract readonly scope: string;
  protected readonly logger = new Logger('sign-in provider');

  constructor(
    readonly id: string,
    readonly name: string,
    readonly kind: ProviderMessage['kind'],
  ) {}

  /** @throws ProblemError temporarily_unavailable */
  protected abstract configuration(): Promise<oauth.Configuration>;

  /** Who the tokens stand for: an ExternalIdentity, still to be checked. */
  protected abstract identityOf(
    config: oauth.Configuration,
    tokens: Awaited<ReturnType<typeof oauth.authorizationCodeGrant>>,
  ): Promise<z.input<typeof ExternalIdentity>>;

  /** Where to send the browser.
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
   * Who came back. The library checks state, issuer (RFC 9207), signature, audience, nonce and times.
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
      const identity = ExternalIdentity.parse(await this.identityOf(config, tokens));
      return { provider: this.id, ...identity };
    } catch (error) {
      this.log('signing in failed', error);
      if (isAway(error)) throw this.away(error);
      throw new ProblemError('oauth_failed', { detail: `Start again at ${this.name}.`, cause: error });
    }
  }

  protected away(cause: unknown): ProblemError {
    return temporarilyUnavailable(`${this.name} cannot be reached.`, RETRY_AFTER_SECONDS, cause);
  }

  /** Only what kind of failure it was: the cause can hold tokens. */
  protected log(msg: string, error: unknown): void {
    const { code, message } = error as { code?: unknown; message?: unknown };
    this.logger.warn({ msg, provider: this.id, code, err: message });
  }
}

/** Nobody answered, or not in time, or the provider says that it is out of order. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof oauth.ClientError && error.code === 'OAUTH_TIMEOUT') return true;
  if (error instanceof TypeError) return error.message === 'fetch failed'; // undici's one message for every broken connection
  return error.cause instanceof Response && error.cause.status >= 500;
}
