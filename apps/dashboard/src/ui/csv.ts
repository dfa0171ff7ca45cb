import { neutralizeFormula } from '@coditect/contracts/csv';
import { stringify } from 'csv-stringify/browser/esm/sync';

export type CsvValue = string | number | null;

/** Returns a CSV file (RFC 4180): the titles, then the rows. Null becomes an empty field, and no text becomes a
 *  formula. The library is large: import this file when a download starts, not with the page. */
export function csvFile(titles: readonly string[], rows: readonly (readonly CsvValue[])[]): Blob {
  const records = [titles, ...rows].map((record) =>
    record.map((value) => (typeof value === 'string' ? neutralizeFormula(value) : value)),
  );
  const text = stringify(records, { record_delimiter: 'windows', quote_record_delimiter: true });
  return new Blob([text], { type: 'text/csv;charset=utf-8' });
}
