/** The condition of a search: the text itself, anywhere, in any case. `%` and `_` in it are no patterns. */
export function containsText(text: string): { contains: string; mode: 'insensitive' } {
  return { contains: text.replaceAll(/[\\%_]/g, String.raw`\$&`), mode: 'insensitive' };
}

/** Fewer digits are too few to mean one: all ids of about a minute begin with the same eight (RFC 9562, section 5.7). */
const FEWEST_DIGITS = 8;

/** The ids that begin so, with or without hyphens; nothing for what is no beginning of an id. */
export function idsBeginningWith(text: string): { gte: string; lte: string } | undefined {
  const digits = text.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]+$/.test(digits) || digits.length < FEWEST_DIGITS || digits.length > 32) return undefined;
  const id = (filler: string) =>
    digits.padEnd(32, filler).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { gte: id('0'), lte: id('f') };
}
