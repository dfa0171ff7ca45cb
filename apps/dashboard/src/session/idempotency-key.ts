import { ApiProblem } from '@coditect/api-client/api-problem';
import { useRef } from 'react';

/** Sends requests that create something with an `Idempotency-Key`. A retry has the same key as long as it is unknown
 *  whether the request arrived. After an answer the next request has a new key, because the API stores refusals under
 *  the key as well (docs/http.md, "Idempotency"). */
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
