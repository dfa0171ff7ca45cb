import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';
import { PAGE_ROWS } from '#ui/page-rows';
import type { EventsSearch } from './events-search.ts';

export function eventsQuery({ after, type }: EventsSearch) {
  const query = { after: after ?? 0, limit: PAGE_ROWS, ...(type && { type }) };
  return queryOptions({
    queryKey: ['events', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/events', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
