import { ApiProblem } from '@coditect/api-client/api-problem';
import { renderHook } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { useIdempotent } from './idempotency-key.ts';

const refusal = (status: number) => new ApiProblem(status, 'a_code', 'Refused', undefined, [], undefined, {});

describe('the idempotency key of a request that creates something', () => {
  it.each([
    ['an answer', () => Promise.resolve('made'), 'another'],
    ['a refusal, because the next request is corrected', () => Promise.reject(refusal(422)), 'another'],
    ['a server error, because the first request may have succeeded', () => Promise.reject(refusal(503)), 'the same'],
    [
      'no answer, because the first request may have arrived',
      () => Promise.reject(new TypeError('Failed to fetch')),
      'the same',
    ],
  ])('after %s, the next request has the expected key', async (_, first, next) => {
    const { result } = renderHook(() => useIdempotent());
    const keys: string[] = [];
    const send = (answer: () => Promise<string>) =>
      result.current((key) => {
        keys.push(key);
        return answer();
      });
    await send(first).catch(() => undefined);
    await send(() => Promise.resolve('made'));
    expect(keys[0] === keys[1] ? 'the same' : 'another').toBe(next);
  });
});
