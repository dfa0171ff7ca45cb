import type { CsvValue } from '#ui/csv';

/** A column of the table behind a chart. */
export interface Column<Row> {
  /** Its name in files. */
  id: string;
  label: string;
  value: (row: Row) => CsvValue;
  /** The value as people read it, if that differs. */
  text?: (row: Row) => string;
  numeric?: boolean;
}
