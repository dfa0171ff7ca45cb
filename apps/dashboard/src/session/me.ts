import { answerOf } from '@coditect/api-client/api-client';
import type { Permission } from '@coditect/contracts/names';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, type Message } from './api.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/me', { signal })),
  staleTime: 60_000,
});

/** Who is signed in. Below the signed-in routes only, which load it first. */
export function useMe(): Message['Me'] {
  return useSuspenseQuery(meQuery).data;
}

/** Whether the person may do something, by the permission table of the API: `useMay()('user:invite')`. The API decides
 *  again; this only spares people buttons that refuse them. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}
