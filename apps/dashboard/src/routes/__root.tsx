import { createRootRouteWithContext, Outlet } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Queries } from '#session/queries';
import { PageLoading, PageNotFound } from '#shell/page-states';
import { useToasts } from '#ui/toast';

// Loads with the first toast.
const Toaster = lazy(async () => ({ default: (await import('#ui/toaster')).Toaster }));
const Toasts = () => (useToasts().length > 0 ? <Toaster /> : null);

export const Route = createRootRouteWithContext<{ queries: Queries }>()({
  component: () => (
    <>
      <Suspense fallback={<PageLoading />}>
        <Outlet />
      </Suspense>
      <Suspense>
        <Toasts />
      </Suspense>
    </>
  ),
  notFoundComponent: PageNotFound,
});
