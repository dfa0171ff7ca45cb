import { lazy, type ReactNode, Suspense } from 'react';
import { Skeleton } from '#ui/states';

// The library for charts is larger than all the rest: it comes when the first chart is looked at.
const charts = () => import('./charts.tsx');
export const UsageChart = lazy(async () => ({ default: (await charts()).UsageChart }));
export const DenialsChart = lazy(async () => ({ default: (await charts()).DenialsChart }));
export const ForecastChart = lazy(async () => ({ default: (await charts()).ForecastChart }));

/** Keeps the place of a chart that is on its way. */
export const ChartPlace = ({ children }: { children: ReactNode }) => (
  <Suspense fallback={<Skeleton className="h-[280px]" />}>{children}</Suspense>
);
