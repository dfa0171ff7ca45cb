import { z } from 'zod';
import { Id, TenantSlug, Timestamp, UserRole } from './common.js';

export const LoginRequest = z
  .strictObject({
    email: z
      .email()
      .max(254)
      .transform((email) => email.toLowerCase()),
    password: z.string().min(1).max(1024),
    tenant: TenantSlug.optional().meta({ description: 'Slug; needed only if the e-mail belongs to several tenants' }),
  })
  .meta({ id: 'LoginRequest' });
export type LoginRequest = z.infer<typeof LoginRequest>;

export const RefreshRequest = z
  .strictObject({ refresh_token: z.string().min(1).max(512) })
  .meta({ id: 'RefreshRequest' });
export type RefreshRequest = z.infer<typeof RefreshRequest>;

/** RFC 6749, section 5.1. */
export const TokenResponse = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Life of the access token in seconds' }),
    refresh_token: z.string(),
  })
  .meta({ id: 'TokenResponse' });
export type TokenResponse = z.infer<typeof TokenResponse>;

export const Me = z
  .object({
    id: Id,
    email: z.email(),
    name: z.string(),
    role: UserRole,
    tenant: z.object({ id: Id, slug: z.string(), name: z.string() }),
    permissions: z.array(z.string()),
    last_login_at: Timestamp.nullable(),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;
