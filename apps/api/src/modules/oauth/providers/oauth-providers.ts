import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { GithubProvider } from './github-provider.js';
import { IdentityPlatformProvider } from './identity-platform-provider.js';
import { OpenidProvider } from './openid-provider.js';
import type { SignInProvider, TenantName } from './sign-in-provider.js';

/** The providers of this deployment. Its operator chooses them, so whom they vouch for is believed (decision record 0010). */
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

  /** The tenant that somebody named by its slug, whether there is one or not. */
  async tenantOf(slug: string | undefined): Promise<TenantName | undefined> {
    if (slug === undefined) return undefined;
    return (await this.db.system.tenant.findUnique({ where: { slug }, select: { id: true, slug: true } })) ?? { slug };
  }

  /** Those that a tenant's users can sign in at; without a tenant, those that everybody can. */
  of(tenant: TenantName | undefined): SignInProvider[] {
    return this.providers.filter((provider) => !provider.tenant || (tenant && provider.signsInTo(tenant)));
  }

  /** As people know it; its id when it is no longer set up. */
  nameOf(id: string): string {
    return this.providers.find((provider) => provider.id === id)?.name ?? id;
  }

  /** @param kind how people sign in there
   *  @param tenant if the caller has named one
   *  @throws ProblemError provider_not_found, also for one of another kind and for one that belongs to another tenant */
  get<T extends SignInProvider>(kind: abstract new (...settings: never[]) => T, id: string, tenant?: TenantName): T {
    const provider = this.providers.find((candidate) => candidate.id === id);
    if (!provider || (tenant && !provider.signsInTo(tenant))) throw new ProblemError('provider_not_found');
    if (!(provider instanceof kind))
      throw new ProblemError('provider_not_found', {
        detail: `At ${provider.name} one signs in another way; its kind is ${provider.kind}.`,
      });
    return provider;
  }
}
