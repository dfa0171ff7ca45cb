/** Where a spreadsheet would start a formula: at the start of a field, and after a character that separates fields in
 *  the CSV of some locales. */
const BEFORE_FORMULA = /^(?=[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20])|(?<=[;\t\r\n])(?=[=+\-@\uFF0B\uFF0D\uFF1D\uFF20])/g;

/** Returns one record of RFC 4180 with its line break. Null becomes an empty field, an object its JSON. Text that a
 *  spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection). */
export function csvRecord(values: readonly unknown[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = text.replaceAll(BEFORE_FORMULA, "'");
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
