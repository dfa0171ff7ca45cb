/** Anybody can type search parameters into a URL: values that make no sense are left out. */

export function oneOf<Value extends string | number | boolean>(
  values: readonly Value[],
  value: unknown,
): Value | undefined {
  return values.find((one) => one === value);
}

/** A text, cut after `longest` characters. The router reads `?search=5` as a number. */
export function someText(value: unknown, longest = Infinity): string | undefined {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value).slice(0, longest) || undefined
    : undefined;
}

export function someId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number that is not negative. */
export function someCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A whole number above 0: at 0 a list begins anyway. */
export function someOffset(value: unknown): number | undefined {
  return someCount(value) || undefined;
}

/** A day of the calendar: `2026-11-22`. */
export function someDay(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : undefined;
}

/** Returns the parameters without those that are undefined. */
export function given<Params extends object>(
  params: Params,
): { [Name in keyof Params]?: Exclude<Params[Name], undefined> } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Object.entries` loses which name has which value
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as never;
}

/** Changes to a search; undefined takes a parameter out. */
export type SearchChange<Search> = { [Name in keyof Search]?: Search[Name] | undefined };

/** Returns the search with the changes made. */
export function withSearch<Search extends object>(search: Search, change: SearchChange<Search>): Search {
  const entries = Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined && value !== '');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Object.entries` loses which name has which value
  return Object.fromEntries(entries) as Search;
}
