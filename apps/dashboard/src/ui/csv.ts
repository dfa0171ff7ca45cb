import { neutralizeFormula } from '@coditect/contracts/csv';
import { stringify } from 'csv-stringify/browser/esm/sync';

export type CsvValue = string | number | null;

/** Returns a CSV file (RFC 4180): the titles, then the rows. Null is an empty field, and no text becomes a formula. Large:
 *  load it where a file is wanted, not with the page. */
export function csvFile(titles: readonly string[], rows: readonly (readonly CsvValue[])[]): Blob {
  const records = [titles, ...rows].map((record) =>
    record.map((value) => (typeof value === 'string' ? neutralizeFormula(value) : value)),
  );
  const text = stringify(records, { record_delimiter: 'windows', quote_record_delimiter: true });
  return new Blob([text], { type: 'text/csv;charset=utf-8' });
}
