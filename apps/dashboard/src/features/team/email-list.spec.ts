import { describe, expect, it } from 'vitest';
import { addressesOf, looksLikeAddress, withoutAddress } from './email-list.ts';

describe('pasted addresses', () => {
  it.each([
    [
      'commas, spaces and lines',
      'a@x.test, b@x.test c@x.test;\nd@x.test',
      ['a@x.test', 'b@x.test', 'c@x.test', 'd@x.test'],
    ],
    ['names with brackets', 'Ada Lovelace <Ada@x.test>, "Hopper" <g@x.test>', ['ada@x.test', 'g@x.test']],
    ['the same one twice', 'A@x.test a@x.test', ['a@x.test']],
    ['nothing', ' \n', []],
  ])('are read from %s', (_, text, addresses) => {
    expect(addressesOf(text)).toEqual(addresses);
  });

  it('when one is removed, then the others stay', () => {
    expect(withoutAddress('a@x.test, b@x.test', 'a@x.test')).toBe('b@x.test');
  });

  it.each([
    ['a@x.test', true],
    ['a@x', false],
    ['a', false],
    ['a@b@x.test', false],
  ])('are checked for typing errors: %s', (address, good) => {
    expect(looksLikeAddress(address)).toBe(good);
  });
});
