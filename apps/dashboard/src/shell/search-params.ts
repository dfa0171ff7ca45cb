/** Search parameters of a URL are what somebody typed: what makes no sense is left out. */

export function oneOf<Value extends string | boolean>(values: readonly Value[], value: unknown): Value | undefined {
  return values.find((one) => one === value);
}

/** The router reads `?search=5` as a number. */
export function someText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;
}

export function someOffset(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** Those that are there. */
export function given<Params extends object>(
  params: Params,
): { [Name in keyof Params]?: Exclude<Params[Name], undefined> } {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as never;
}

/** The search with some of it changed; undefined takes out. */
export function withSearch<Search extends object>(
  search: Search,
  change: { [Name in keyof Search]?: Search[Name] | undefined },
): Search {
  const entries = Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(entries) as Search;
}
