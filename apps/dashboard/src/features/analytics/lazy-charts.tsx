import { lazy, type ReactNode, Suspense } from 'react';
import { Skeleton } from '#ui/states';

// recharts is larger than all other code: it loads with the first chart.
const charts = () => import('./charts.tsx');
export const UsageChart = lazy(async () => ({ default: (await charts()).UsageChart }));
export const DenialsChart = lazy(async () => ({ default: (await charts()).DenialsChart }));
export const ForecastChart = lazy(async () => ({ default: (await charts()).ForecastChart }));

/** Keeps the space of a chart while it loads. */
export const ChartPlace = ({ children }: { children: ReactNode }) => (
  <Suspense fallback={<Skeleton className="h-[280px]" />}>{children}</Suspense>
);
