import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import type { Message } from '#session/api';
import { licensesQuery } from './analytics-queries.ts';
import { type AnalyticsSearch, analyticsSearch } from './analytics-search.ts';
import { type Period, periodOf } from './period.ts';

const route = getRouteApi('/_app/analytics');

type Change = { [K in keyof AnalyticsSearch]?: AnalyticsSearch[K] | undefined };

/** What is looked at, as the URL says, and the way to another. */
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

/** The time in ms, by the minute. */
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

/** The license that planning is about: the one of the URL, else the first, since a forecast is of one. */
export function usePlannedLicense(): Message['License'] | undefined {
  const [{ license }] = useAnalyticsSearch();
  const licenses = useQuery(licensesQuery).data?.results ?? [];
  return licenses.find(({ id }) => id === license) ?? licenses[0];
}
