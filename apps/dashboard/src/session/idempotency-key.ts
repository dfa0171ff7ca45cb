import { ApiProblem } from '@coditect/api-client/api-problem';
import { useRef } from 'react';

/**
 * Sends requests that create something with an Idempotency-Key. While it is unknown whether a request arrived, the next try has the
 * same key; after an answer it has a new one, because the API keeps its refusals with the key too (docs: Idempotency).
 */
export function useIdempotent(): <Answer>(create: (key: string) => Promise<Answer>) => Promise<Answer> {
  const key = useRef<string>(undefined);
  return async (create) => {
    key.current ??= crypto.randomUUID();
    try {
      const answer = await create(key.current);
      key.current = undefined;
      return answer;
    } catch (error) {
      if (error instanceof ApiProblem && error.status < 500) key.current = undefined;
      throw error;
    }
  };
}
