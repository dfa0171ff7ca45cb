import { z } from 'zod';
import { example } from './examples.js';
import { Id, PageQuery, PlanTier, Timestamp, UserRole, pageOf } from './common.js';
import { licenseStatuses } from './names.js';

const licenseExample = {
  id: example.licenseId,
  key: 'CODI-7Q4M-2XKD-9RTB-HW6E',
  product: 'coditect',
  plan_tier: 'team',
  status: 'active',
  seats_total: 25,
  seats_in_use: 7,
  seats_free: 18,
  features: ['editor', 'agents', 'collaboration'],
  lease_seconds: 360,
  session_seconds: 28_800,
  valid_from: example.then,
  valid_until: '2027-11-20T08:00:00.000Z',
  created_at: example.then,
};

/** What was bought, with its seat counts. */
export const License = z
  .object({
    id: Id,
    key: z.string().meta({ example: 'CODI-7Q4M-2XKD-9RTB-HW6E' }),
    product: z.string(),
    plan_tier: PlanTier,
    status: z.enum(licenseStatuses),
    seats_total: z.int(),
    seats_in_use: z.int(),
    seats_free: z.int(),
    features: z.array(z.string()),
    lease_seconds: z.int(),
    session_seconds: z.int(),
    valid_from: Timestamp,
    valid_until: Timestamp.nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'License', examples: [licenseExample] });
export type License = z.infer<typeof License>;

export const LicensePage = pageOf(License, 'LicensePage');
export const LicenseQuery = PageQuery.extend({
  status: z.enum(licenseStatuses).optional(),
  product: z.string().max(100).optional(),
});
export type LicenseQuery = z.infer<typeof LicenseQuery>;

/** The people to ask when no seat is free. Names only: members may not list the e-mail addresses of others. */
export const LicenseContacts = z
  .object({ contacts: z.array(z.object({ id: Id, name: z.string(), role: UserRole })) })
  .meta({
    id: 'LicenseContacts',
    examples: [{ contacts: [{ id: example.userId, name: 'Ada Lovelace', role: 'admin' }] }],
  });
export type LicenseContacts = z.infer<typeof LicenseContacts>;

/** A set of public keys (RFC 7517, section 5). */
export const Jwks = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('RSA'),
        kid: z.string(),
        use: z.literal('sig'),
        alg: z.literal('RS256'),
        n: z.string(),
        e: z.string(),
      }),
    ),
  })
  .meta({
    id: 'Jwks',
    examples: [{ keys: [{ kty: 'RSA', kid: 'local-2026-11', use: 'sig', alg: 'RS256', n: 'u7c4…', e: 'AQAB' }] }],
  });
