import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { ProblemError } from '../../../platform/problem.js';
import { GithubProvider } from './github-provider.js';
import { OpenidProvider } from './openid-provider.js';
import type { SignInProvider } from './sign-in-provider.js';

/** The providers of this deployment. Its operator chooses them, so whom they vouch for is believed (decision record 0010). */
@Injectable()
export class OAuthProviders {
  private readonly providers: readonly SignInProvider[];

  constructor({ signInProviders: { oidc, github } }: Config) {
    this.providers = [
      ...oidc.map((settings) => new OpenidProvider(settings)),
      ...(github ? [new GithubProvider(github)] : []),
    ];
  }

  /** Those that a tenant's users can sign in at; without a tenant, those that everybody can.
   *  @param tenant slug */
  of(tenant: string | undefined): SignInProvider[] {
    return this.providers.filter((provider) => provider.tenant === undefined || provider.tenant === tenant);
  }

  /** @param tenant slug, if the caller has named one
   *  @throws ProblemError provider_not_found, also for one that belongs to another tenant */
  get(id: string, tenant?: string): SignInProvider {
    const provider = this.providers.find((candidate) => candidate.id === id);
    if (!provider || (tenant && provider.tenant && provider.tenant !== tenant))
      throw new ProblemError('provider_not_found');
    return provider;
  }
}
