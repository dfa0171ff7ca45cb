import { expect, it } from 'vitest';
import { aSession } from '#test/seats';
import { sessionsCsv } from './sessions-csv.ts';

it('the columns are named as in the API, and each record ends with a line break', async () => {
  const text = await sessionsCsv([aSession(1)]).text();
  const [titles, row, end, ...more] = text.split('\r\n');
  expect(titles?.split(',').slice(0, 5)).toEqual(['session_id', 'status', 'name', 'email', 'machine_id']);
  expect(row?.split(',')).toHaveLength(titles?.split(',').length ?? 0);
  expect([end, more]).toEqual(['', []]);
});
