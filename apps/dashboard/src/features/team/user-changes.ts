import { answerOf } from '@coditect/api-client/api-client';
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '#session/api';
import type { User } from './team-queries.ts';
import type { Role } from './team-search.ts';

const of = ({ id, version }: User) => ({ path: { id }, header: { 'If-Match': `"v${version}"` } });

/** Shows the new role at once, and restores the old one if the change is refused. */
export function useChangeRole() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ user, role }: { user: User; role: Role }) =>
      answerOf(api.PATCH('/api/v1/users/{id}', { params: of(user), body: { role } })),
    onMutate: async ({ user, role }) => {
      await client.cancelQueries({ queryKey: ['users'] });
      const before = client.getQueriesData({ queryKey: ['users'] });
      client.setQueriesData({ queryKey: ['users'] }, (known: unknown) => withRole(known, user.id, role));
      return before;
    },
    onError: (_error, _change, before) => {
      for (const [key, known] of before ?? []) client.setQueryData(key, known);
    },
    onSettled: () => refresh(client),
  });
}

/** Ends the seats and logins of the user. Shown only after the API has done it, never before. */
export function useDisable() {
  return useUserChange((user) => answerOf(api.POST('/api/v1/users/{id}/disable', { params: of(user) })));
}
export function useEnable() {
  return useUserChange((user) => answerOf(api.POST('/api/v1/users/{id}/enable', { params: of(user) })));
}
export function useRemove() {
  return useUserChange((user) => answerOf(api.DELETE('/api/v1/users/{id}', { params: of(user) })));
}
export function useResetTwoFactor() {
  return useUserChange((user) => answerOf(api.POST('/api/v1/users/{id}/reset-two-factor', { params: of(user) })));
}
export function useErase() {
  return useUserChange((user) => answerOf(api.POST('/api/v1/users/{id}/erase', { params: of(user) })));
}

function useUserChange(change: (user: User) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => refresh(client) });
}

async function refresh(client: QueryClient): Promise<void> {
  await Promise.all(
    ['users', 'quota', 'license-sessions', 'me'].map((resource) => client.invalidateQueries({ queryKey: [resource] })),
  );
}

/** Returns a cached user, or page of users, with the new role. */
function withRole(known: unknown, id: string, role: Role): unknown {
  if (typeof known !== 'object' || known === null) return known;
  if ('results' in known && Array.isArray(known.results))
    return { ...known, results: known.results.map((user) => withRole(user, id, role)) };
  return 'id' in known && known.id === id ? { ...known, role } : known;
}
