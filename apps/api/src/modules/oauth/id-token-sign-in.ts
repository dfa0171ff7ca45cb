import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { TokenResponse } from '@coditect/contracts/auth';
import type { SignInByTokenRequest } from '@coditect/contracts/oauth';
import { Clock } from '#platform/clock';
import { ProblemError, temporarilyUnavailable } from '#platform/problems/problem';
import { RedisConnection, RedisUnavailable } from '#platform/redis/redis-connection';
import { IdentitiesService } from './identities.service.js';
import { IdentityPlatformProvider } from './providers/identity-platform-provider.js';
import { OAuthProviders } from './providers/oauth-providers.js';
import { ProviderAccounts } from './provider-accounts.js';
import type { ExternalIdentity } from './providers/sign-in-provider.js';

const RETRY_AFTER_SECONDS = 10;

/** Signs in and links accounts by an ID token that the browser got directly from the provider. */
@Injectable()
export class IdTokenSignIn {
  constructor(
    private readonly providers: OAuthProviders,
    private readonly accounts: ProviderAccounts,
    private readonly identities: IdentitiesService,
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  /** @throws ProblemError provider_not_found, oauth_failed, temporarily_unavailable, and the refusals of
   *  ProviderAccounts */
  async signIn(providerId: string, { id_token: idToken, tenant }: SignInByTokenRequest): Promise<TokenResponse> {
    const named = await this.providers.tenantOf(tenant);
    const provider = this.providers.get(IdentityPlatformProvider, providerId, named);
    return this.accounts.signIn(provider, await this.identify(provider, idToken), tenant);
  }

  /** Links the account to the caller and its login.
   *  @throws ProblemError forbidden, provider_not_found, oauth_failed, temporarily_unavailable, invalid_token,
   *  identity_taken */
  async link(providerId: string, idToken: string): Promise<void> {
    const { slug, ...owner } = await this.identities.caller();
    const provider = this.providers.get(IdentityPlatformProvider, providerId, { id: owner.tenantId, slug });
    await this.identities.link(owner, await this.identify(provider, idToken));
  }

  private async identify(provider: IdentityPlatformProvider, idToken: string): Promise<ExternalIdentity> {
    const { identity, expiresAt } = await provider.identify(idToken);
    await this.useUp(idToken, expiresAt);
    return identity;
  }

  /**
   * Accepts each token once. The key is the signed part (RFC 7515, section 5.1), because a signature has several
   * spellings. Without Redis every token is refused: unlike with a code, the provider does not prevent a second use.
   */
  private async useUp(idToken: string, expiresAt: Date): Promise<void> {
    const hash = createHash('sha256')
      .update(idToken.slice(0, idToken.lastIndexOf('.')))
      .digest('base64url');
    const lifeMs = Math.ceil(expiresAt.getTime() - this.clock.now().getTime());
    const key = `oauth:token:${hash}`;
    const first = await this.redis
      .use(key, (client) => client.set(key, '', 'PX', Math.max(1, lifeMs), 'NX'))
      .catch((error: unknown) => {
        if (!(error instanceof RedisUnavailable)) throw error;
        throw temporarilyUnavailable('It cannot be told whether this token is new.', RETRY_AFTER_SECONDS, error);
      });
    if (first === null) throw new ProblemError('oauth_failed', { detail: 'This token has been used. Get a new one.' });
  }
}
