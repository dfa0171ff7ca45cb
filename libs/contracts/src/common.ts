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

/** One line of visible text. Of what formats text unseen only the joiners that scripts and emoji need, between others. */
const VISIBLE_LINE =
  /^(?![\u200C\u200D])(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]|[\u200C\u200D])*(?<![\u200C\u200D])$/u;

/** What somebody calls something: others read it in lists, mails and questions, and must not take it for anything else. */
export function displayName(maxLength: number) {
  return z
    .string()
    .trim()
    .regex(VISIBLE_LINE, 'must be one line without control or invisible formatting characters')
    .overwrite((name) => name.replaceAll(/\s+/g, ' '))
    .min(1)
    .max(maxLength);
}

/** RFC 3339, UTC, with milliseconds. */
export const Timestamp = z.iso.datetime();

/**
 * A moment that a caller names: RFC 3339 with its zone, read as UTC with milliseconds. PostgreSQL knows no year 0 and no
 * zone 16 hours away, and writes the year 10,000 otherwise than ECMAScript.
 */
export const Moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => /^(?!0000)\d{4}-/.test(text), 'must be within the years 1 to 9999');

/** Lowercase letters, digits and hyphens (seed document C3, validate_tenant_slug); no hyphen at either end. */
export const TenantSlug = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lowercase letters, digits and hyphens');

/** How every list is asked for: `?limit=50&offset=0`, at most 1,000 rows a page (design section 7). */
export const PageQuery = z.strictObject({
  limit: z.preprocess(numberOfDigits, z.int().min(1).max(1000).default(50)),
  offset: z.preprocess(numberOfDigits, z.int().min(0).default(0)),
});

/** A query parameter is text. Only plain decimal digits are a number: `0x10`, `1e2` and ` 5` are mistakes, not numbers. */
export function numberOfDigits(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** What a list is searched for, as it is: no character of it is a pattern. */
export const SearchText = z
  .string()
  .trim()
  .max(100)
  .regex(STORABLE_TEXT, 'must not contain NUL or half a surrogate pair');

/** How every list answers. `next` and `previous` are URLs, ready to be called. */
export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({
      count: z.int(),
      next: z.string().nullable(),
      previous: z.string().nullable(),
      results: z.array(item),
    })
    .meta({ id, examples: [pageExample(item.meta()?.examples)] });
}

function pageExample(examples: unknown) {
  const results = Array.isArray(examples) ? (examples as unknown[]) : [];
  return { count: results.length, next: null, previous: null, results };
}
