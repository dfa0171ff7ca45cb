import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { GithubProvider } from './github-provider.js';
import { IdentityPlatformProvider } from './identity-platform-provider.js';
import { OpenidProvider } from './openid-provider.js';
import type { SignInProvider, TenantName } from './sign-in-provider.js';

/** The providers of this deployment. Its operator chooses them, so their claims are trusted (decision record 0010). */
@Injectable()
export class OAuthProviders {
  private readonly providers: readonly SignInProvider[];

  constructor(
    { signInProviders: { oidc, github } }: Config,
    clock: Clock,
    private readonly db: Database,
  ) {
    this.providers = [
      ...oidc.map((settings) =>
        settings.kind === 'identity_platform'
          ? new IdentityPlatformProvider(settings, clock)
          : new OpenidProvider(settings),
      ),
      ...(github ? [new GithubProvider(github)] : []),
    ];
  }

  /** Returns the tenant of a slug. The id is missing if there is none. */
  async tenantOf(slug: string | undefined): Promise<TenantName | undefined> {
    if (slug === undefined) return undefined;
    return (await this.db.system.tenant.findUnique({ where: { slug }, select: { id: true, slug: true } })) ?? { slug };
  }

  /** Returns the providers for a tenant's users. Without a tenant, returns those that are open to all tenants. */
  of(tenant: TenantName | undefined): SignInProvider[] {
    return this.providers.filter((provider) => !provider.tenant || (tenant && provider.signsInTo(tenant)));
  }

  /** Returns the display name, or the id of a provider that is no longer configured. */
  nameOf(id: string): string {
    return this.providers.find((provider) => provider.id === id)?.name ?? id;
  }

  /** @param kind class of the provider, by its way of signing in
   *  @param tenant if the caller has named one
   *  @throws ProblemError provider_not_found, also for one of another kind or of another tenant */
  get<T extends SignInProvider>(kind: abstract new (...settings: never[]) => T, id: string, tenant?: TenantName): T {
    const provider = this.providers.find((candidate) => candidate.id === id);
    if (!provider || (tenant && !provider.signsInTo(tenant))) throw new ProblemError('provider_not_found');
    if (!(provider instanceof kind))
      throw new ProblemError('provider_not_found', {
        detail: `Sign in at ${provider.name} in another way; its kind is ${provider.kind}.`,
      });
    return provider;
  }
}
