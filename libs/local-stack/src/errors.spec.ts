import net from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { codeOf, messageOf } from './errors.js';

it('returns the message of an error, or the thrown value as text', () => {
  expect(messageOf(new Error('disk full'))).toBe('disk full');
  expect(messageOf('disk full')).toBe('disk full');
});

it('lists the failure of each address of a host name', () => {
  const refused = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}`));

  expect(messageOf(new AggregateError(refused))).toBe('connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1');
});

it('returns the code of a system error, and undefined for other values', async () => {
  const [error] = await once(net.connect(1, '127.0.0.1'), 'connect').catch((thrown: unknown) => [thrown]);

  expect(codeOf(error)).toBe('ECONNREFUSED');
  expect(codeOf(new Error('disk full'))).toBeUndefined();
  expect(codeOf({ code: 'ECONNREFUSED' })).toBeUndefined();
});
