import type { Session } from '#seats/sessions-queries';
import { csvFile, type CsvValue } from '#ui/csv';

const COLUMNS: [title: string, value: (row: Session) => CsvValue][] = [
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

/** Returns the sessions as a CSV file, titled by the field names of the API. */
export function sessionsCsv(rows: readonly Session[]): Blob {
  return csvFile(
    COLUMNS.map(([title]) => title),
    rows.map((row) => COLUMNS.map(([, value]) => value(row))),
  );
}
