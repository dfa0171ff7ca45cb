import { expect, it } from 'vitest';
import { csvFile } from './csv.ts';

const csv = (...rows: Parameters<typeof csvFile>[1]) => csvFile(['name', 'seats'], rows).text();

it('a table becomes comma-separated values with a header', async () => {
  expect(await csv(['Ada', 2.5])).toBe('name,seats\r\nAda,2.5\r\n');
  expect(await csv()).toBe('name,seats\r\n');
  expect(csvFile([], []).type).toBe('text/csv;charset=utf-8');
});

it('an unknown value becomes an empty field', async () => {
  expect(await csv([null, 0], ['', null])).toBe('name,seats\r\n,0\r\n,\r\n');
});

it.each([
  ['Lovelace, Ada', '"Lovelace, Ada"'],
  ['Ada "Countess" Lovelace', '"Ada ""Countess"" Lovelace"'],
  ['Ada\nLovelace', '"Ada\nLovelace"'],
  ['Ada\rLovelace', '"Ada\rLovelace"'],
])('a value with separators, quotes or line breaks is quoted: %j', async (text, field) => {
  expect(await csv([text, 1])).toBe(`name,seats\r\n${field},1\r\n`);
});

it.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t'=1"],
  ['＝1', "'＝1"],
  ['Ada;=1', "Ada;'=1"],
])('no spreadsheet runs %j as a formula', async (text, field) => {
  expect(await csv([text, -1])).toBe(`name,seats\r\n${field},-1\r\n`);
});
