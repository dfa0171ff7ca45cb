import { z } from 'zod';

export const planTiers = ['free', 'pro', 'team', 'enterprise'] as const;
export const PlanTier = z.enum(planTiers).meta({ id: 'PlanTier' });
export type PlanTier = z.infer<typeof PlanTier>;

export const userRoles = ['owner', 'admin', 'member', 'viewer'] as const;
export const UserRole = z.enum(userRoles).meta({ id: 'UserRole' });
export type UserRole = z.infer<typeof UserRole>;

/** The id of a row in a path. A value that is no UUID cannot name anything, so it is refused before the database is asked. */
export const Id = z.uuid();

/** What PostgreSQL's text and jsonb can hold: no U+0000, no half of a surrogate pair. */
export const STORABLE_TEXT = /^[^\0\p{Surrogate}]*$/u;

/** RFC 3339, UTC, with milliseconds. */
export const Timestamp = z.iso.datetime();

/** Lowercase letters, digits and hyphens (seed document C3, validate_tenant_slug); no hyphen at either end. */
export const TenantSlug = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lowercase letters, digits and hyphens');

/** How every list is asked for: `?limit=50&offset=0`, at most 1,000 rows a page (design section 7). */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

/** How every list answers. `next` and `previous` are URLs, ready to be called. */
export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({
      count: z.int(),
      next: z.string().nullable(),
      previous: z.string().nullable(),
      results: z.array(item),
    })
    .meta({ id });
}
