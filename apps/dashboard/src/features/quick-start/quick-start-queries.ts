import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';

export const activeLicensesQuery = queryOptions({
  queryKey: ['licenses', { status: 'active', limit: 100 }],
  queryFn: ({ signal }) =>
    answerOf(api.GET('/api/v1/licenses', { params: { query: { status: 'active', limit: 100 } }, signal })),
});

/** The latest seat of the user. */
export const latestSeatQuery = (userId: string) =>
  queryOptions({
    queryKey: ['license-sessions', { user_id: userId, limit: 1 }],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/license-sessions', { params: { query: { user_id: userId, limit: 1 } }, signal })),
  });
