import { isDeepStrictEqual } from 'node:util';
import { keysOf } from '#platform/keys-of';

/** The fields that a request changes, as they were and as they will be. Fields that it does not name stay. */
export function changedFields<Fields extends object>(
  now: Fields,
  wanted: Partial<Fields>,
): { before: Partial<Fields>; after: Partial<Fields> } {
  const before: Partial<Fields> = {};
  const after: Partial<Fields> = {};
  for (const name of keysOf(now)) {
    const value = wanted[name];
    if (value === undefined || isDeepStrictEqual(value, now[name])) continue;
    before[name] = now[name];
    after[name] = value;
  }
  return { before, after };
}
