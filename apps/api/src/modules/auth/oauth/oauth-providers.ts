import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Clock } from '../../../platform/clock.js';
import { ProblemError } from '../../../platform/problem.js';
import { GithubProvider } from './github-provider.js';
import { IdentityPlatformProvider } from './identity-platform-provider.js';
import { OpenidProvider } from './openid-provider.js';
import type { SignInProvider } from './sign-in-provider.js';

/** The providers of this deployment. Its operator chooses them, so whom they vouch for is believed (decision record 0010). */
@Injectable()
export class OAuthProviders {
  private readonly providers: readonly SignInProvider[];

  constructor({ signInProviders: { oidc, github } }: Config, clock: Clock) {
    this.providers = [
      ...oidc.map((settings) =>
        settings.kind === 'identity_platform'
          ? new IdentityPlatformProvider(settings, clock)
          : new OpenidProvider(settings),
      ),
      ...(github ? [new GithubProvider(github)] : []),
    ];
  }

  /** Those that a tenant's users can sign in at; without a tenant, those that everybody can.
   *  @param tenant slug */
  of(tenant: string | undefined): SignInProvider[] {
    return this.providers.filter((provider) => provider.tenant === undefined || provider.tenant === tenant);
  }

  /** @param kind how people sign in there
   *  @param tenant slug, if the caller has named one
   *  @throws ProblemError provider_not_found, also for one of another kind and for one that belongs to another tenant */
  get<T extends SignInProvider>(kind: abstract new (...settings: never[]) => T, id: string, tenant?: string): T {
    const provider = this.providers.find((candidate) => candidate.id === id);
    if (!provider || (tenant && provider.tenant && provider.tenant !== tenant))
      throw new ProblemError('provider_not_found');
    if (!(provider instanceof kind))
      throw new ProblemError('provider_not_found', {
        detail: `At ${provider.name} one signs in another way; its kind is ${provider.kind}.`,
      });
    return provider;
  }
}
