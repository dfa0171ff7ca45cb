/** What a chart shows, as rows and columns. */
export interface Column<Row> {
  /** Its name in files. */
  id: string;
  label: string;
  value: (row: Row) => string | number | null;
  /** As people read it; else the value. */
  text?: (row: Row) => string;
  numeric?: boolean;
}

/** Comma-separated values with a header (RFC 4180). Texts that a spreadsheet would run as a formula begin with an
 *  apostrophe (OWASP, CSV injection). */
export function csvOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ id }) => id), ...rows.map((row) => columns.map(({ value }) => field(value(row))))];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
