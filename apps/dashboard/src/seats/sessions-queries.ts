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

/** The API returns at most so many rows at once. */
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

/** Sessions that ended since the page was opened: an answer that was on its way then may still hold them. */
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

/** Ends a session: gives one's own seat back, or takes a colleague's. Shown once the API has done it, not before. */
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
