import { createRouter, type RouterHistory, RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { routeTree } from './routeTree.gen.ts';
import { newQueries } from './session/queries.ts';
import { PageError, PageLoading } from './shell/page-states.tsx';

function newRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { queries: newQueries() },
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

/** The root component. @param history of the browser by default; tests pass one in memory */
export function App({ history }: { history?: RouterHistory }) {
  const [router] = useState(() => newRouter(history));
  return <RouterProvider router={router} />;
}
