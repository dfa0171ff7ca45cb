import { expect, it } from 'vitest';
import { type Column, csvOf } from './csv.ts';

interface Row {
  name: string;
  seats: number | null;
}
const columns: Column<Row>[] = [
  { id: 'name', label: 'Name', value: ({ name }) => name },
  { id: 'seats', label: 'Seats', value: ({ seats }) => seats, text: () => 'as people read it' },
];

it('a table becomes comma-separated values with a header', () => {
  expect(csvOf(columns, [{ name: 'Ada', seats: 2.5 }])).toBe('name,seats\r\nAda,2.5\r\n');
  expect(csvOf(columns, [])).toBe('name,seats\r\n');
});

it('what is unknown is empty, and what could be mistaken is quoted', () => {
  expect(csvOf(columns, [{ name: 'Lovelace, "Ada"\nCountess', seats: null }])).toBe(
    'name,seats\r\n"Lovelace, ""Ada""\nCountess",\r\n',
  );
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])('the text %j is no formula of a spreadsheet', (name) => {
  expect(csvOf(columns, [{ name, seats: -1 }])).toBe(`name,seats\r\n'${name},-1\r\n`);
});
