import { ApiProblem } from '@coditect/api-client/api-problem';
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { meQuery } from './me.ts';
import { mayTryAgain } from './try-again.ts';

export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        // Asked for since the person signed in: the frame says so as soon as it knows.
        if (error instanceof ApiProblem && error.code === 'two_factor_mandatory')
          void client.invalidateQueries({ queryKey: meQuery.queryKey });
      },
    }),
    defaultOptions: { queries: { staleTime: 10_000, retry: mayTryAgain } },
  });
  return client;
}
