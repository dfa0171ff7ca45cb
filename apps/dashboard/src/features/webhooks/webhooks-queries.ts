import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Message } from '#session/api';
import { PAGE_ROWS } from '#ui/page-rows';
import type { WebhookSearch } from './webhook-search.ts';

// Live events do not report deliveries, so the list is read periodically: often while a delivery is in progress.
const UNDER_WAY_MS = 2000;
const AT_REST_MS = 30_000;

/** Every webhook: an organization has at most 20. */
export const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/webhooks', { signal })),
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/webhooks/{id}', { params: { path: { id } }, signal })),
  });

export function deliveriesQuery(id: string, { status, offset }: WebhookSearch) {
  const query = { ...(status && { status }), limit: PAGE_ROWS, offset: offset ?? 0 };
  return queryOptions({
    queryKey: ['webhook-deliveries', id, query],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/webhooks/{id}/deliveries', { params: { path: { id }, query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.results.some(isUnderWay) ? UNDER_WAY_MS : AT_REST_MS),
  });
}

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhook-deliveries', 'one', id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/webhooks/deliveries/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? UNDER_WAY_MS : false),
  });

const isUnderWay = ({ status }: Message['WebhookDelivery']) => status === 'pending';
