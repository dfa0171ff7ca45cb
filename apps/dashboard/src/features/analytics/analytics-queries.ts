import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';
import type { Period } from './period.ts';

/** The interval of the samples (docs/analytics.md). */
const SAMPLE_MS = 5 * 60_000;

interface Of {
  license: string | undefined;
  period: Pick<Period, 'from' | 'to' | 'bucket'>;
}

const rangeOf = ({ license, period: { from, to } }: Of) => ({ ...(license && { license_id: license }), from, to });

/** All licenses on one page: an organization has few. */
export const licensesQuery = queryOptions({
  queryKey: ['licenses', { limit: 1000 }],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/licenses', { params: { query: { limit: 1000 } }, signal })),
});

export function usageQuery(of: Of) {
  const query = { ...rangeOf(of), bucket: of.period.bucket };
  return queryOptions({
    queryKey: ['usage', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/analytics/usage', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: SAMPLE_MS,
  });
}

export function heatmapQuery(of: Of, timeZone: string) {
  const query = { ...rangeOf(of), time_zone: timeZone };
  return queryOptions({
    queryKey: ['heatmap', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/analytics/heatmap', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function denialsQuery(of: Of) {
  const query = { ...rangeOf(of), bucket: of.period.bucket };
  return queryOptions({
    queryKey: ['denials', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/analytics/denials', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function forecastQuery(license: string, horizonDays: number) {
  const query = { license_id: license, horizon_days: horizonDays };
  return queryOptions({
    queryKey: ['forecast', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/analytics/forecast', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function whatIfQuery(license: string, seats: number, { from, to }: { from: string; to: string }) {
  const query = { license_id: license, seats, from, to };
  return queryOptions({
    queryKey: ['what-if', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/analytics/what-if', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
