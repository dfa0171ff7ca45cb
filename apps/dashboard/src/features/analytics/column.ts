import type { CsvValue } from '#ui/csv';

/** A column of the table behind a chart. */
export interface Column<Row> {
  /** Name of the column in exported files. */
  id: string;
  label: string;
  value: (row: Row) => CsvValue;
  /** The value for display, if it differs. */
  text?: (row: Row) => string;
  numeric?: boolean;
}
