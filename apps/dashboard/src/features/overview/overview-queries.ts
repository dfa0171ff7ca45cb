import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';

const HOUR_MS = 3600 * 1000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** The last seven days, up to the end of the current hour. So the query key changes only once an hour. */
export function lastWeek(now = Date.now()): { from: string; to: string } {
  const to = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
  return { from: new Date(to - WEEK_MS).toISOString(), to: new Date(to).toISOString() };
}

const week = () => ({ ...lastWeek(), bucket: 'hour' as const });

export function denialsQuery() {
  const query = week();
  return queryOptions({
    queryKey: ['denials', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/analytics/denials', { params: { query }, signal })),
  });
}

export function usageQuery() {
  const query = week();
  return queryOptions({
    queryKey: ['usage', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/analytics/usage', { params: { query }, signal })),
    staleTime: 5 * 60_000,
  });
}

/** Owners and admins, for the items that concern only them. */
export const managersQuery = queryOptions({
  queryKey: ['users', 'managers'],
  queryFn: async ({ signal }) => {
    const pages = await Promise.all(
      (['owner', 'admin'] as const).map((role) =>
        answerOf(api.GET('/api/v1/users', { params: { query: { role, status: 'active', limit: 1000 } }, signal })),
      ),
    );
    return pages.flatMap(({ results }) => results);
  },
  staleTime: 60_000,
});
