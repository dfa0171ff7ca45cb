/**
 * JSON with exactly one spelling per value, as RFC 8785 (JCS) defines it: no white space, members sorted by the UTF-16
 * code units of their names, numbers and strings as ECMAScript writes them. Hashes are computed over this form, because
 * PostgreSQL's jsonb keeps neither the order of members nor the spelling of numbers.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
