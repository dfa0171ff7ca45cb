import net from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { codeOf, messageOf } from './errors.js';

it('says what an error says, and what was thrown otherwise', () => {
  expect(messageOf(new Error('disk full'))).toBe('disk full');
  expect(messageOf('disk full')).toBe('disk full');
});

it('says what went wrong with each address of a name', () => {
  const refused = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}`));

  expect(messageOf(new AggregateError(refused))).toBe('connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1');
});

it('knows the code of a system error, and of nothing else', async () => {
  const [error] = await once(net.connect(1, '127.0.0.1'), 'connect').catch((thrown: unknown) => [thrown]);

  expect(codeOf(error)).toBe('ECONNREFUSED');
  expect(codeOf(new Error('disk full'))).toBeUndefined();
  expect(codeOf({ code: 'ECONNREFUSED' })).toBeUndefined();
});
