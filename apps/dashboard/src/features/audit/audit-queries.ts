import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '#session/api';
import { auditFilterQuery, type AuditSearch } from './audit-search.ts';

export const AUDIT_PAGE = 50;
/** The highest offset that the API allows (docs/audit.md). */
export const LAST_OFFSET = 10_000;

export function auditLogsQuery(search: AuditSearch) {
  const query = { ...auditFilterQuery(search), limit: AUDIT_PAGE, offset: Math.min(search.offset ?? 0, LAST_OFFSET) };
  return queryOptions({
    queryKey: ['audit-logs', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/audit-logs', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export const auditLogQuery = (id: string) =>
  queryOptions({
    queryKey: ['audit-logs', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/audit-logs/{id}', { params: { path: { id } }, signal })),
  });

/** Verifies the whole chain, which takes a minute or two for a million entries. So it runs only on request, and its
 *  result is kept while the page is open. */
export const auditVerificationQuery = queryOptions({
  queryKey: ['audit-verification'],
  queryFn: async ({ signal }) => ({
    ...(await answerOf(api.GET('/api/v1/audit-logs/verify', { signal }))),
    verified_at: new Date().toISOString(),
  }),
  enabled: false,
  staleTime: Infinity,
  gcTime: Infinity,
});

/** The users to filter by. */
export const actorsQuery = queryOptions({
  queryKey: ['users', { actors: true }],
  queryFn: ({ signal }) =>
    answerOf(api.GET('/api/v1/users', { params: { query: { limit: 200, ordering: 'email' } }, signal })),
  staleTime: 60_000,
});
