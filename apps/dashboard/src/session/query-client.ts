import { ApiProblem } from '@coditect/api-client/api-problem';
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { meQuery } from './me.ts';
import { mayTryAgain } from './try-again.ts';

export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        // The organization has required a second factor since the user signed in. Reading `me` again makes the frame
        // say so.
        if (error instanceof ApiProblem && error.code === 'two_factor_mandatory')
          void client.invalidateQueries({ queryKey: meQuery.queryKey });
      },
    }),
    defaultOptions: { queries: { staleTime: 10_000, retry: mayTryAgain } },
  });
  return client;
}
