/** The condition of a search: the text itself, anywhere, in any case. `%` and `_` in it are no patterns. */
export function containsText(text: string): { contains: string; mode: 'insensitive' } {
  return { contains: text.replaceAll(/[\\%_]/g, String.raw`\$&`), mode: 'insensitive' };
}
