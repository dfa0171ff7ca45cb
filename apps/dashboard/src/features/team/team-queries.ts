import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { REFETCH_MS } from '#live/live-updates';
import { api, type Message } from '#session/api';
import { PAGE_ROWS } from '#ui/page-rows';
import type { TeamSearch } from './team-search.ts';

export type User = Message['User'];
export type Invitation = Message['Invitation'];

/** No live event reports an accepted invitation. So the lists are read again when they are shown, and periodically. */
const FRESH = { staleTime: 0, refetchInterval: REFETCH_MS } as const;

export const usersQuery = ({ search, role, status, ordering = 'name', offset = 0 }: TeamSearch) => {
  const query = {
    ordering,
    offset,
    limit: PAGE_ROWS,
    ...(search && { search }),
    ...(role && { role }),
    ...(status && { status }),
  };
  return queryOptions({
    queryKey: ['users', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/users', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    ...FRESH,
  });
};

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['users', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/users/{id}', { params: { path: { id } }, signal })),
  });

export const seatsOfQuery = (userId: string) => {
  const query = { user_id: userId, status: 'active', limit: 100 } as const;
  return queryOptions({
    queryKey: ['license-sessions', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/license-sessions', { params: { query }, signal })),
  });
};

export const invitationsQuery = ({
  search,
  role,
  invited = 'pending',
  order = '-created_at',
  offset = 0,
}: TeamSearch) => {
  const query = {
    ordering: order,
    offset,
    limit: PAGE_ROWS,
    ...(search && { search }),
    ...(role && { role }),
    ...(invited !== 'all' && { status: invited }),
  };
  return queryOptions({
    queryKey: ['invitations', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/users/invitations', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    ...FRESH,
  });
};
