/** Returns Prisma's condition for a text that appears anywhere, in any case. `%` and `_` are escaped, so they match
 *  themselves. */
export function containsText(text: string): { contains: string; mode: 'insensitive' } {
  return { contains: text.replaceAll(/[\\%_]/g, String.raw`\$&`), mode: 'insensitive' };
}

/** A shorter beginning matches too many ids: all UUIDv7 ids of about a minute share their first eight digits (RFC 9562,
 *  section 5.7). */
const FEWEST_DIGITS = 8;

/** Returns the range of ids that begin with a text, with or without hyphens. Returns undefined if it cannot be the
 *  beginning of an id. */
export function idsBeginningWith(text: string): { gte: string; lte: string } | undefined {
  const digits = text.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]+$/.test(digits) || digits.length < FEWEST_DIGITS || digits.length > 32) return undefined;
  const id = (filler: string) =>
    digits.padEnd(32, filler).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { gte: id('0'), lte: id('f') };
}
