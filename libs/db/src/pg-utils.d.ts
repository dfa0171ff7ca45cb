// @types/pg has no declaration for this module; it is the mapping pg itself applies to query values.
declare module 'pg/lib/utils.js' {
  export function prepareValue(value: unknown): unknown;
}
