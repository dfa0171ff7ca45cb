import { Injectable } from '@nestjs/common';
import type { TokenResponse } from '@coditect/contracts/auth';
import type { StartSignInQuery } from '@coditect/contracts/oauth';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { Config } from '#config/config';
import { BASE_PATH } from '#platform/base-path';
import { ProblemError } from '#platform/problems/problem';
import { RedisConnection, RedisUnavailable } from '#platform/redis/redis-connection';
import { CodeFlowProvider } from './providers/code-flow-provider.js';
import { IdentitiesService } from './identities.service.js';
import { CHECKS_LIFE_SECONDS, type OAuthChecks } from './oauth-checks-cookie.js';
import { OAuthProviders } from './providers/oauth-providers.js';
import { ProviderAccounts } from './provider-accounts.js';

/** The URL to send the browser to, and the checks to keep about it. */
export interface Departure {
  url: URL;
  checks: OAuthChecks;
}

/** Signs in and links accounts by a redirect to a provider and back. */
@Injectable()
export class OAuthService {
  constructor(
    private readonly providers: OAuthProviders,
    private readonly accounts: ProviderAccounts,
    private readonly identities: IdentitiesService,
    private readonly redis: RedisConnection,
    private readonly config: Config,
  ) {}

  /** @throws ProblemError provider_not_found, temporarily_unavailable */
  async startSignIn(providerId: string, { tenant, return_to: returnTo }: StartSignInQuery): Promise<Departure> {
    const provider = this.providers.get(CodeFlowProvider, providerId, await this.providers.tenantOf(tenant));
    return this.depart(provider, returnTo, { kind: 'sign_in', tenant });
  }

  /** Links an account to the caller and its login.
   *  @throws ProblemError forbidden, provider_not_found, temporarily_unavailable */
  async startLinking(providerId: string, returnTo: string): Promise<Departure> {
    const { slug, ...owner } = await this.identities.caller();
    const provider = this.providers.get(CodeFlowProvider, providerId, { id: owner.tenantId, slug });
    return this.depart(provider, returnTo, { kind: 'link', ...owner });
  }

  /**
   * Ends a flow that one of the other two methods began. Returns the tokens of a new login, or undefined after linking.
   * @param query of the callback, unchanged
   * @throws ProblemError provider_not_found, oauth_failed, temporarily_unavailable, and the refusals of sign-in and
   * linking
   */
  async comeBack(
    providerId: string,
    query: string,
    checks: OAuthChecks | undefined,
  ): Promise<TokenResponse | undefined> {
    const provider = this.providers.get(CodeFlowProvider, providerId);
    if (checks?.provider !== provider.id)
      throw new ProblemError('oauth_failed', {
        detail: 'The sign-in did not begin in this browser, or began more than ten minutes ago. Start again.',
      });
    const callback = this.redirectUri(provider);
    callback.search = query;
    const identity = await provider.identify(callback, checks);
    await this.useUp(checks);
    if (checks.purpose.kind === 'sign_in') return this.accounts.signIn(provider, identity, checks.purpose.tenant);
    await this.identities.link(checks.purpose, identity);
    return undefined;
  }

  private async depart(
    provider: CodeFlowProvider,
    returnTo: string,
    purpose: OAuthChecks['purpose'],
  ): Promise<Departure> {
    const secrets = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    const url = await provider.authorizationUrl(this.redirectUri(provider).href, secrets);
    return { url, checks: { ...secrets, provider: provider.id, returnTo, purpose } };
  }

  private redirectUri({ id }: CodeFlowProvider): URL {
    return new URL(`${this.config.dashboardUrl}/${BASE_PATH}/auth/oauth/${id}/callback`);
  }

  /** Accepts each callback once, even if the provider accepts a code twice. Without Redis that check is left to the
   *  provider (RFC 6749, section 4.1.2), because sign-in must stay available. */
  private async useUp({ state }: OAuthChecks): Promise<void> {
    const key = `oauth:${state}`;
    const first = await this.redis
      .use(key, (client) => client.set(key, '', 'EX', CHECKS_LIFE_SECONDS, 'NX'))
      .catch((error: unknown) => {
        if (error instanceof RedisUnavailable) return 'unknown';
        throw error;
      });
    if (first === null) throw new ProblemError('oauth_failed', { detail: 'This sign-in has been used. Start again.' });
  }
}
