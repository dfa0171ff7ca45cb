/** Users can type any search parameter into a URL. Invalid values are left out. */

export function oneOf<Value extends string | number | boolean>(
  values: readonly Value[],
  value: unknown,
): Value | undefined {
  return values.find((one) => one === value);
}

/** A text, cut after `longest` characters. The router parses `?search=5` as a number. */
export function someText(value: unknown, longest = Infinity): string | undefined {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value).slice(0, longest) || undefined
    : undefined;
}

export function someId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number of at least 0. */
export function someCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A whole number above 0; 0 is left out, because lists start there anyway. */
export function someOffset(value: unknown): number | undefined {
  return someCount(value) || undefined;
}

/** A calendar day: `2026-11-22`. */
export function someDay(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : undefined;
}

/** Returns the parameters without the undefined ones. */
export function given<Params extends object>(
  params: Params,
): { [Name in keyof Params]?: Exclude<Params[Name], undefined> } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Object.entries` loses which name has which value
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as never;
}

/** Changes to the search parameters; undefined removes one. */
export type SearchChange<Search> = { [Name in keyof Search]?: Search[Name] | undefined };

/** Returns the search parameters with the changes applied. */
export function withSearch<Search extends object>(search: Search, change: SearchChange<Search>): Search {
  const entries = Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined && value !== '');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Object.entries` loses which name has which value
  return Object.fromEntries(entries) as Search;
}
