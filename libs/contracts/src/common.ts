import { z } from 'zod';
import { MAX_PAGE_ROWS, MAX_SEARCH_LENGTH, planTiers, TENANT_SLUG, userRoles } from './names.js';

export const PlanTier = z.enum(planTiers).meta({ id: 'PlanTier' });
export type PlanTier = z.infer<typeof PlanTier>;

export const UserRole = z.enum(userRoles).meta({ id: 'UserRole' });
export type UserRole = z.infer<typeof UserRole>;

/** The id of a row in a path. A value that is not a UUID names no row, so it is refused before the database is asked. */
export const Id = z.uuid();

/** Text that PostgreSQL's text and jsonb can store: no U+0000 and no unpaired surrogate. */
export const STORABLE_TEXT = /^[^\0\p{Surrogate}]*$/u;

/** One line of visible text. Of the invisible format characters, only the joiners that scripts and emoji need are allowed,
 *  and only between other characters. */
const VISIBLE_LINE =
  /^(?![\u200C\u200D])(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]|[\u200C\u200D])*(?<![\u200C\u200D])$/u;

/** A name that other people read in lists, mails and confirmation dialogs. It must not contain characters that
 *  disguise it. */
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
 * A time given by a caller: RFC 3339 with its zone, read as UTC with milliseconds. Years and zones are limited to what
 * PostgreSQL and ECMAScript agree on: PostgreSQL has no year 0 and no zone 16 hours away, and writes year 10,000
 * differently.
 */
export const Moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => /^(?!0000)\d{4}-/.test(text), 'must be within the years 1 to 9999');

export const TenantSlug = z.string().regex(TENANT_SLUG, 'must be lowercase letters, digits and hyphens');

/** The query of every list: `?limit=50&offset=0`, at most 1,000 rows a page (docs/http.md#lists). */
export const PageQuery = z.strictObject({
  limit: z.preprocess(numberOfDigits, z.int().min(1).max(MAX_PAGE_ROWS).default(50)),
  offset: z.preprocess(numberOfDigits, z.int().min(0).default(0)),
});

/** Query parameters are text. Only plain decimal digits become a number; `0x10`, `1e2` and ` 5` are refused. */
export function numberOfDigits(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** Search text of a list, taken literally: no character is a pattern. */
export const SearchText = z
  .string()
  .trim()
  .max(MAX_SEARCH_LENGTH)
  .regex(STORABLE_TEXT, 'must not contain NUL or half a surrogate pair');

/** The answer of every list. `next` and `previous` are URLs, ready to be called. */
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
