import { z } from 'zod';
import { Id, TenantSlug, Timestamp, UserRole } from './common.js';
import { example } from './examples.js';
import { MAX_EMAIL_LENGTH, permissions } from './names.js';
import { Password } from './passwords.js';
import { SecondFactorCode } from './second-factor.js';

const EXAMPLE_REFRESH_TOKEN = 'crt_AZK1fR2bcQOLQ7xLhH0Q1mZ3c0V5d2h4a1R5c0p6WGx2bU53bUZ5S3VqT3F0YUhlZ2lZ';

/**
 * Where the refresh token is returned. `body`: in the answer. `cookie`: in an httpOnly cookie, so that no script in a
 * browser can read it (docs/sign-in.md#in-a-browser).
 */
export const TokenDelivery = z.enum(['body', 'cookie']).meta({ id: 'TokenDelivery' });
export type TokenDelivery = z.infer<typeof TokenDelivery>;

export const LoginRequest = z
  .strictObject({
    email: z
      .email()
      .max(MAX_EMAIL_LENGTH)
      .transform((email) => email.toLowerCase()),
    password: Password,
    tenant: TenantSlug.optional().meta({ description: 'Slug. Needed only if the e-mail belongs to several tenants' }),
    two_factor_code: SecondFactorCode.optional().meta({
      description:
        'Needed once the second factor is on. Without it, a correct password is answered with two_factor_required',
    }),
    token_delivery: TokenDelivery.default('body'),
  })
  .meta({ id: 'LoginRequest', examples: [{ email: example.email, password: 'correct horse battery staple' }] });
export type LoginRequest = z.infer<typeof LoginRequest>;

const RefreshToken = z.string().min(1).max(512).optional().meta({ description: 'Without it, the cookie is read' });

export const RefreshRequest = z
  .strictObject({
    refresh_token: RefreshToken,
    token_delivery: TokenDelivery.optional().meta({
      description: 'Default: as the used token was sent. A token from the cookie is never returned in the body.',
    }),
  })
  .meta({ id: 'RefreshRequest', examples: [{ refresh_token: EXAMPLE_REFRESH_TOKEN }, {}] });
export type RefreshRequest = z.infer<typeof RefreshRequest>;

export const LogoutRequest = z
  .strictObject({ refresh_token: RefreshToken })
  .meta({ id: 'LogoutRequest', examples: [{ refresh_token: EXAMPLE_REFRESH_TOKEN }, {}] });
export type LogoutRequest = z.infer<typeof LogoutRequest>;

/** The tokens of a login, named as in RFC 6749, section 5.1. */
export const TokenResponse = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Lifetime of the access token in seconds' }),
    refresh_token: z.string().optional().meta({ description: 'Missing when it was set as a cookie' }),
    refresh_token_expires_in: z.int().meta({
      description: 'Seconds until the login ends and a new sign-in is needed. Refreshing does not prolong it',
    }),
  })
  .meta({
    id: 'TokenResponse',
    examples: [
      {
        access_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI2ZjFjOWEzZSJ9.c2lnbmF0dXJl',
        token_type: 'Bearer',
        expires_in: 900,
        refresh_token: EXAMPLE_REFRESH_TOKEN,
        refresh_token_expires_in: 2_592_000,
      },
    ],
  });
export type TokenResponse = z.infer<typeof TokenResponse>;

/** What a role can include (docs/generated/permissions.md). New ones may come. */
export const Permission = z.enum(permissions).meta({ id: 'Permission', examples: ['license:read'] });

export const Me = z
  .object({
    id: Id,
    email: z.email(),
    name: z.string(),
    role: UserRole,
    tenant: z.object({ id: Id, slug: z.string(), name: z.string() }),
    email_verified: z.boolean(),
    has_password: z.boolean().meta({
      description:
        'False for users who signed in at a provider and never set a password. auth/password/forgot sends a link to set one',
    }),
    two_factor_enabled: z.boolean(),
    two_factor_required: z.boolean().meta({
      description:
        'The organization requires a second factor, and this user has none. Until then, only the own account is accessible',
    }),
    permissions: z.array(Permission),
    last_login_at: Timestamp.nullable(),
  })
  .meta({
    id: 'Me',
    examples: [
      {
        id: example.userId,
        email: example.email,
        name: 'Ada Lovelace',
        role: 'admin',
        tenant: { id: example.tenantId, slug: 'acme', name: 'Acme' },
        email_verified: true,
        has_password: true,
        two_factor_enabled: true,
        two_factor_required: false,
        permissions: ['self:read', 'license:read'],
        last_login_at: example.now,
      },
    ],
  });
export type Me = z.infer<typeof Me>;
