import { ApiProblem } from '@coditect/api-client/api-problem';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRouter, type RouterHistory, RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { routeTree } from './routeTree.gen.ts';
import { meQuery } from './session/me.ts';
import { PageError, PageLoading } from './shell/page-states.tsx';

function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        // Asked for since the person signed in: the frame says so as soon as it knows.
        if (error instanceof ApiProblem && error.code === 'two_factor_mandatory')
          void client.invalidateQueries({ queryKey: meQuery.queryKey });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What was refused stays refused; what was lost on the way may not be.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status < 500),
      },
    },
  });
  return client;
}

function newRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultPendingComponent: PageLoading,
    defaultErrorComponent: PageError,
    ...(history && { history }),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}

/** The dashboard. @param history where it is, for tests */
export function App({ history }: { history?: RouterHistory }) {
  const [{ client, router }] = useState(() => {
    const queryClient = newQueryClient();
    return { client: queryClient, router: newRouter(queryClient, history) };
  });
  return (
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
