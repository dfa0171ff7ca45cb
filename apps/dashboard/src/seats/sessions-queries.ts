import { answerOf } from '@coditect/api-client/api-client';
import type { paths } from '@coditect/api-client/generated/api';
import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  type UseMutationResult,
  useQueryClient,
} from '@tanstack/react-query';
import { api, type Message } from '#session/api';

export type Session = Message['LicenseSession'];
type Query = NonNullable<paths['/api/v1/license-sessions']['get']['parameters']['query']>;

/** The most rows that the API returns at once. */
export const MOST_ROWS = 1000;

export const sessionsQuery = (query: Query) =>
  queryOptions({
    queryKey: ['license-sessions', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/license-sessions', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ['license-sessions', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/license-sessions/{id}', { params: { path: { id } }, signal })),
  });

/** The caller's own seats of a license. */
export const ownSessionsQuery = (userId: string, licenseId: string) =>
  sessionsQuery({ status: 'active', user_id: userId, license_id: licenseId, limit: 100 });

/** The ids of sessions that have ended since the page was opened. An answer that was requested before such an end
 *  may still contain the session. */
export const endedQuery = queryOptions({
  queryKey: ['ended-session-ids'],
  queryFn: () => new Set<string>(),
  initialData: new Set<string>(),
  staleTime: Infinity,
  gcTime: Infinity,
});

export function noteEnded(client: QueryClient, id: string): void {
  client.setQueryData(endedQuery.queryKey, (ids) => new Set([...(ids ?? []), id]));
}

/** Ends a session: the own one, or with permission that of a colleague. The page changes only after the API has
 *  ended it. */
export function useEndSession(): UseMutationResult<Message['ReleaseResponse'], unknown, string> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      answerOf(api.POST('/api/v1/license-sessions/{id}/release', { params: { path: { id } } })),
    onSuccess: (_, id) => {
      noteEnded(client, id);
      void client.invalidateQueries({ queryKey: ['license-sessions'] });
      void client.invalidateQueries({ queryKey: ['licenses'] });
    },
  });
}
