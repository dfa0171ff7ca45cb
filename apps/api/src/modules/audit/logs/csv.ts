import { neutralizeFormula } from '@coditect/contracts/csv';
import { stringify } from 'csv-stringify/sync';

/** Returns one record of RFC 4180 with its line break. Null becomes an empty field, an object its JSON. */
export function csvRecord(values: readonly unknown[]): string {
  return stringify([values.map(csvField)], { record_delimiter: 'windows', quote_record_delimiter: true });
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  return neutralizeFormula(typeof value === 'string' ? value : JSON.stringify(value));
}
