import { describe, expect, it } from 'vitest';
import { neutralizeFormula } from './csv.js';

describe('a text in a CSV field', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r1', '\n1', '＝1', '＋1', '－1', '＠A1'])(
    'gets an apostrophe if it starts like a formula: %j',
    (text) => {
      expect(neutralizeFormula(text).startsWith(`'${text[0]}`)).toBe(true);
    },
  );

  it.each([
    ['Ada;=1+1', "Ada;'=1+1"],
    ['Ada\n@SUM(A1)', "Ada\n'@SUM(A1)"],
    ['Ada\t－1', "Ada\t'－1"],
  ])('gets one after a separator that other countries use: %j', (text, safe) => {
    expect(neutralizeFormula(text)).toBe(safe);
  });

  it.each(['Ada Lovelace', 'a=b', '1-1', 'ada@example.com', ''])('is otherwise unchanged: %j', (text) => {
    expect(neutralizeFormula(text)).toBe(text);
  });
});
