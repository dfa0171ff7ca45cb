import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';

/** The quotas of the plan, and how much of each is used. */
export const quotaQuery = queryOptions({
  queryKey: ['quota'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/tenant/quota', { signal })),
});
