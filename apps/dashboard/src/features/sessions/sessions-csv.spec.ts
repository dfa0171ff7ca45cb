import { expect, it } from 'vitest';
import { aSession } from '#test/seats';
import { sessionsCsv } from './sessions-csv.ts';

const cells = (name: string) =>
  sessionsCsv([aSession(1, { user: { id: 'u', email: 'e', name } })])
    .split('\r\n')[1]
    ?.split(',active,')[1];

it('names its columns as the API does, and ends each record with a line break', () => {
  const [titles, row, end, ...more] = sessionsCsv([aSession(1)]).split('\r\n');
  expect(titles?.split(',').slice(0, 5)).toEqual(['session_id', 'status', 'name', 'email', 'machine_id']);
  expect(row?.split(',')).toHaveLength(titles?.split(',').length ?? 0);
  expect([end, more]).toEqual(['', []]);
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1'])('lets no spreadsheet run %j', (name) => {
  expect(cells(name)?.startsWith(`'${name}`)).toBe(true);
});

it('quotes what would break a record', () => {
  expect(cells('Ada "Countess", Lovelace')?.startsWith('"Ada ""Countess"", Lovelace"')).toBe(true);
});
