import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Message } from '#session/api';
import type { DevelopersSearch, WebhookSearch } from './developers-search.ts';

export const PAGE = 25;
/** Deliveries are not among the live events: how often they are read again while some are under way, and otherwise, in ms. */
const UNDER_WAY_MS = 2000;
const AT_REST_MS = 30_000;

export const activeLicensesQuery = queryOptions({
  queryKey: ['licenses', { status: 'active', limit: 100 }],
  queryFn: ({ signal }) =>
    answerOf(api.GET('/api/v1/licenses', { params: { query: { status: 'active', limit: 100 } }, signal })),
});

/** The latest seat that somebody took. */
export const latestSeatQuery = (userId: string) =>
  queryOptions({
    queryKey: ['license-sessions', { user_id: userId, limit: 1 }],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/license-sessions', { params: { query: { user_id: userId, limit: 1 } }, signal })),
  });

export function apiKeysQuery({ scope, status, search, offset }: DevelopersSearch) {
  const query = {
    ...(scope && { scope }),
    ...(status && { status }),
    ...(search && { search }),
    limit: PAGE,
    offset: offset ?? 0,
  };
  return queryOptions({
    queryKey: ['api-keys', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/api-keys', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** All of them: an organization has 20 at most. */
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
  const query = { ...(status && { status }), limit: PAGE, offset: offset ?? 0 };
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

export function eventsQuery({ after, type }: DevelopersSearch) {
  const query = { after: after ?? 0, limit: PAGE, ...(type && { type: type as Message['EventType'] }) };
  return queryOptions({
    queryKey: ['events', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/events', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

const isUnderWay = ({ status }: Message['WebhookDelivery']) => status === 'pending';
