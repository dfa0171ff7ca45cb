import { describe, expect, it } from 'vitest';
import { given, oneOf, someCount, someDay, someId, someOffset, someText, withSearch } from './search-params.ts';

describe('a search parameter', () => {
  it.each([
    ['a text of a list', oneOf(['a', 'b'], 'b'), 'b'],
    ['a text that is not in the list', oneOf(['a', 'b'], 'c'), undefined],
    ['a number of a list', oneOf([14, 30], 30), 30],
    ['a text', someText('Ada'), 'Ada'],
    ['a text of digits, which the router reads as a number', someText(5), '5'],
    ['a text that is too long', someText('abc', 2), 'ab'],
    ['an empty text', someText(''), undefined],
    ['a list instead of a text', someText(['a']), undefined],
    ['an id', someId('x'), 'x'],
    ['a number instead of an id', someId(1), undefined],
    ['a count', someCount(0), 0],
    ['a negative count', someCount(-1), undefined],
    ['a fraction', someCount(1.5), undefined],
    ['a text instead of a count', someCount('1'), undefined],
    ['an offset', someOffset(25), 25],
    ['the offset of the first page', someOffset(0), undefined],
    ['a day', someDay('2026-11-22'), '2026-11-22'],
    ['a day that does not exist', someDay('2026-99-99'), undefined],
    ['a time instead of a day', someDay('2026-11-22T10:00'), undefined],
  ])('%s', (_, read, expected) => {
    expect(read).toBe(expected);
  });
});

it('undefined parameters are left out', () => {
  expect(given({ a: 1, b: undefined, c: 0 })).toEqual({ a: 1, c: 0 });
});

it('a change keeps the other parameters, and removes those that become undefined or empty', () => {
  const search: { a?: number; b?: string; c?: string } = { a: 1, b: 'x', c: 'y' };
  expect(withSearch(search, { b: undefined, c: '' })).toEqual({ a: 1 });
});
