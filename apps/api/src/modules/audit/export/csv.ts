/** Where a spreadsheet would begin a formula: at the start, and after what separates fields in other countries' CSV. */
const BEFORE_FORMULA = /^(?=[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20])|(?<=[;\t\r\n])(?=[=+\-@\uFF0B\uFF0D\uFF1D\uFF20])/g;

/** One record of RFC 4180, with its line break. Null is an empty field, an object its JSON. What a spreadsheet would take
 *  for a formula gets an apostrophe in front (OWASP, CSV injection). */
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
