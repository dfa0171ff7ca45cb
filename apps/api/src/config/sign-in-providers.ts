import { TenantSlug } from '@coditect/contracts/common';
import { ProviderId } from '@coditect/contracts/oauth';
import { z } from 'zod';

/** The id of GitHub, which has its own variables because it does not support OpenID Connect. */
export const GITHUB = 'github';

/** The members of every entry. */
const common = {
  id: ProviderId.refine((id) => id !== GITHUB, 'is the id of the provider that GITHUB_CLIENT_ID sets up'),
  name: z.string().min(1).max(100),
  /** Id or slug of a tenant. If set, only users of this tenant can sign in with the provider. */
  tenant: z.union([z.guid(), TenantSlug]).nullish(),
  /** The domains in which the provider is trusted to verify e-mail addresses. */
  trusted_email_domains: z.array(z.string().min(1).toLowerCase()).min(1).optional(),
  /** Whether users without an invitation become members of `tenant`. */
  allow_sign_up: z.boolean().default(false),
};

const OidcProvider = z.strictObject({
  ...common,
  kind: z.literal('oidc').optional(),
  issuer: z.url({ protocol: /^https?$/ }),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
});
export type OidcProvider = z.infer<typeof OidcProvider>;

const GOOGLE_JWKS = 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com';

const IdentityPlatform = z.strictObject({
  ...common,
  kind: z.literal('identity_platform'),
  /** The Google Cloud project. */
  project_id: z.string().min(1).max(100),
  /** The Identity Platform tenant, if the project has tenants. Users of other tenants, or of none, cannot sign in. */
  platform_tenant: z.string().min(1).optional(),
  jwks_url: z.url({ protocol: /^https?$/ }).default(GOOGLE_JWKS),
  /** The issuer of ID tokens; by default `https://securetoken.google.com/PROJECT`. */
  issuer: z.url({ protocol: /^https?$/ }).optional(),
});
export type IdentityPlatform = z.infer<typeof IdentityPlatform>;

const Provider = z
  .discriminatedUnion('kind', [OidcProvider, IdentityPlatform])
  .refine(({ allow_sign_up, tenant, trusted_email_domains }) => !allow_sign_up || (tenant && trusted_email_domains), {
    path: ['allow_sign_up'],
    message: 'needs tenant and trusted_email_domains',
  });

/** `OIDC_PROVIDERS`: a JSON array. */
export const OidcProviders = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('must be JSON'); // the parser's own message would quote the secrets in it
      return z.NEVER;
    }
  })
  .pipe(
    z.array(Provider).refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'the ids must differ'),
  );

/** Environment variables of the identity providers. */
export const signInEnv = {
  OIDC_PROVIDERS: OidcProviders.optional(),
  GITHUB_CLIENT_ID: z.string().min(1).optional(),
  GITHUB_CLIENT_SECRET: z.string().min(1).optional(),
  GITHUB_URL: z.url({ protocol: /^https?$/ }).default('https://github.com'),
  GITHUB_API_URL: z.url({ protocol: /^https?$/ }).default('https://api.github.com'),
};

export interface GithubApp {
  clientId: string;
  clientSecret: string;
  /** The web site, github.com or a GitHub Enterprise Server, without a slash at the end. */
  url: string;
  /** Its API, without a slash at the end. */
  apiUrl: string;
}

export interface SignInProviders {
  oidc: readonly (OidcProvider | IdentityPlatform)[];
  github: GithubApp | undefined;
}

/** Builds the settings of the providers.
 *  @throws Error naming the variable that is missing or wrong, but never its value */
export function signInProviders(env: z.output<z.ZodObject<typeof signInEnv>>, production: boolean): SignInProviders {
  const { GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret, OIDC_PROVIDERS: oidc = [] } = env;
  const url = env.GITHUB_URL.replace(/\/+$/, '');
  const apiUrl = env.GITHUB_API_URL.replace(/\/+$/, '');
  if (!clientId !== !clientSecret)
    throw new Error('the environment is not usable: GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET must be set together');
  const unsafe = [
    ...oidc.map((provider, i) =>
      provider.kind === 'identity_platform'
        ? { name: `OIDC_PROVIDERS.${i}.jwks_url`, url: provider.jwks_url }
        : { name: `OIDC_PROVIDERS.${i}.issuer`, url: provider.issuer },
    ),
    { name: 'GITHUB_URL', url },
    { name: 'GITHUB_API_URL', url: apiUrl },
  ].filter((provider) => !isSafe(provider.url, production));
  if (unsafe[0]) throw new Error(`the environment is not usable: ${unsafe[0].name}: must be https`);
  return { oidc, github: clientId && clientSecret ? { clientId, clientSecret, url, apiUrl } : undefined };
}

/** Whether a URL is safe for secrets and sign-ins: TLS, or outside of production this machine. */
function isSafe(url: string, production: boolean): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (!production && ['127.0.0.1', 'localhost'].includes(hostname));
}
