import { answerOf } from '@coditect/api-client/api-client';
import type { Permission } from '@coditect/contracts/names';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api, type Message } from './api.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/me', { signal })),
  staleTime: 60_000,
});

/** Returns the signed-in user. Works below the signed-in routes only, which load it first. */
export function useMe(): Message['Me'] {
  return useSuspenseQuery(meQuery).data;
}

/** Returns a function that says whether the user has a permission: `useMay()('user:invite')`. It only hides buttons;
 *  the API checks again. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}
