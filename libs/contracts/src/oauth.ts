import { z } from 'zod';
import { TokenDelivery } from './auth.js';
import { Id, PageQuery, pageOf, TenantSlug, Timestamp } from './common.js';
import { example } from './examples.js';
import { providerKinds } from './names.js';

/** A sign-in provider's name in URLs. */
export const ProviderId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lowercase letters, digits and hyphens')
  .meta({ description: 'Id of a sign-in provider', example: 'google' });

/**
 * The path of the dashboard to which a browser returns after a sign-in at a provider. Printable ASCII without a backslash,
 * and no `//`: browsers read `//` and `/\` as the start of another host, and drop tabs and line ends.
 */
export const ReturnTo = z
  .string()
  .max(512)
  .regex(/^(?!.*\/\/)\/[!-[\]-~]*$/, 'must be a path that begins with one slash')
  .meta({ description: 'A path of the dashboard', example: '/licenses' });

export const SignInProvider = z
  .object({
    id: ProviderId,
    name: z.string(),
    kind: z.enum(providerKinds).meta({
      description: 'For `identity_platform`, sign in with its SDK in the browser. For all others, use `start`',
    }),
    project_id: z
      .string()
      .optional()
      .meta({ description: 'The project on Google Cloud. Only for `identity_platform`' }),
  })
  .meta({
    id: 'SignInProvider',
    examples: [
      { id: 'google', name: 'Google', kind: 'oidc' },
      { id: 'acme', name: 'Acme', kind: 'identity_platform', project_id: 'acme-sign-in' },
    ],
  });
export type SignInProvider = z.infer<typeof SignInProvider>;

export const SignInProviderPage = pageOf(SignInProvider, 'SignInProviderPage');

export const SignInProviderQuery = PageQuery.extend({
  tenant: TenantSlug.optional().meta({ description: 'Slug. Also lists the providers that only this tenant uses' }),
});
export type SignInProviderQuery = z.infer<typeof SignInProviderQuery>;

export const StartSignInQuery = z.strictObject({
  tenant: TenantSlug.optional().meta({ description: 'Slug. Needed only by users who belong to several tenants' }),
  return_to: ReturnTo.default('/'),
});
export type StartSignInQuery = z.infer<typeof StartSignInQuery>;

const EXAMPLE_ID_TOKEN =
  'eyJhbGciOiJSUzI1NiIsImtpZCI6IjE3In0.eyJhdWQiOiJhY21lLXNpZ24taW4iLCJzdWIiOiJ4aDRmIn0.c2lnbmF0dXJl';

/** A signed JWT in its compact form (RFC 7515, section 7.1). */
const IdToken = z
  .string()
  .max(8192)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]*$/, 'must be a JWT')
  .meta({
    description: 'The ID token that the SDK of the provider returned in the browser',
    example: EXAMPLE_ID_TOKEN,
  });

export const SignInByTokenRequest = z
  .strictObject({
    id_token: IdToken,
    tenant: TenantSlug.optional().meta({ description: 'Slug. Needed only by users who belong to several tenants' }),
    token_delivery: TokenDelivery.default('body'),
  })
  .meta({ id: 'SignInByTokenRequest', examples: [{ id_token: EXAMPLE_ID_TOKEN, token_delivery: 'cookie' }] });
export type SignInByTokenRequest = z.infer<typeof SignInByTokenRequest>;

export const LinkIdentityRequest = z
  .strictObject({
    return_to: ReturnTo.default('/'),
    id_token: IdToken.optional().meta({ description: 'Only for providers of kind `identity_platform`' }),
  })
  .meta({
    id: 'LinkIdentityRequest',
    examples: [{ return_to: '/settings/account' }, {}, { id_token: EXAMPLE_ID_TOKEN }],
  });
export type LinkIdentityRequest = z.infer<typeof LinkIdentityRequest>;

export const LinkIdentityResponse = z
  .union([
    z.object({
      url: z.string().meta({ description: 'URL of the provider. Send the browser there within ten minutes' }),
    }),
    z.object({ linked: z.literal(true).meta({ description: 'By the ID token, at once' }) }),
  ])
  .meta({
    id: 'LinkIdentityResponse',
    examples: [
      { url: 'https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=example' },
      { linked: true },
    ],
  });
export type LinkIdentityResponse = z.infer<typeof LinkIdentityResponse>;

/** A user's account at a sign-in provider, linked to the user here. */
export const Identity = z
  .object({
    id: Id,
    provider: z.string(),
    email: z
      .string()
      .nullable()
      .meta({ description: 'The address that the provider gave when the identity was linked' }),
    created_at: Timestamp,
  })
  .meta({
    id: 'Identity',
    examples: [
      {
        id: '0195a4c2-31c7-7b0e-9d52-6e8f1a2b3c4d',
        provider: 'google',
        email: example.email,
        created_at: example.then,
      },
    ],
  });
export type Identity = z.infer<typeof Identity>;

export const IdentityPage = pageOf(Identity, 'IdentityPage');

export const IdentityQuery = PageQuery.extend({
  provider: ProviderId.optional(),
  ordering: z.enum(['created_at', '-created_at', 'provider', '-provider']).default('created_at'),
});
export type IdentityQuery = z.infer<typeof IdentityQuery>;
