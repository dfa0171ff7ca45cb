import type { Session } from './sessions-queries.ts';

const COLUMNS: [title: string, value: (row: Session) => string | number | null][] = [
  ['session_id', (row) => row.id],
  ['status', (row) => row.status],
  ['name', (row) => row.user.name],
  ['email', (row) => row.user.email],
  ['machine_id', (row) => row.machine_id],
  ['license_id', (row) => row.license_id],
  ['seat_no', (row) => row.seat_no],
  ['started_at', (row) => row.started_at],
  ['last_heartbeat_at', (row) => row.last_heartbeat_at],
  ['lease_expires_at', (row) => row.lease_expires_at],
  ['expires_at', (row) => row.expires_at],
  ['ended_at', (row) => row.ended_at],
  ['end_reason', (row) => row.end_reason],
];

/** Sessions as RFC 4180 has it, with the names of the API. */
export function sessionsCsv(rows: readonly Session[]): string {
  const records = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, value]) => value(row)))];
  return records.map((record) => `${record.map(field).join(',')}\r\n`).join('');
}

/** What a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection). */
function field(value: string | number | null): string {
  if (value === null || typeof value === 'number') return String(value ?? '');
  const harmless = /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
