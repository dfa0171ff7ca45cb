import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import type { Message } from '#session/api';
import { licensesQuery } from './analytics-queries.ts';
import { type AnalyticsSearch, analyticsSearch } from './analytics-search.ts';
import { type Period, periodOf } from './period.ts';

const route = getRouteApi('/_app/analytics');

type Change = { [K in keyof AnalyticsSearch]?: AnalyticsSearch[K] | undefined };

/** Returns the search parameters, and a function that changes them. */
export function useAnalyticsSearch(): [AnalyticsSearch, (change: Change, how?: { replace: boolean }) => void] {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (next: Change, { replace } = { replace: false }) =>
      void navigate({ search: (before) => analyticsSearch({ ...before, ...next }), replace, resetScroll: false }),
    [navigate],
  );
  return [search, change];
}

/** Returns the time in ms, updated every minute. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function usePeriod(): { period: Period; now: number } {
  const [search] = useAnalyticsSearch();
  const now = useNow();
  return { period: periodOf(search, now), now };
}

/** Returns the license to plan for: the one in the URL, otherwise the first. A forecast needs exactly one. */
export function usePlannedLicense(): Message['License'] | undefined {
  const [{ license }] = useAnalyticsSearch();
  const licenses = useQuery(licensesQuery).data?.results ?? [];
  return licenses.find(({ id }) => id === license) ?? licenses[0];
}
