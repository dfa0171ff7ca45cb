import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';

/** What the plan allows, and how much of it is in use. */
export const quotaQuery = queryOptions({
  queryKey: ['quota'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/tenant/quota', { signal })),
});
