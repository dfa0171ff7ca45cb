import { answerOf } from '@coditect/api-client/api-client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Message } from '#session/api';
import { PAGE_ROWS } from '#ui/page-rows';
import type { ProjectsSearch } from './projects-search.ts';

export type Project = Message['Project'];

export const projectsQuery = ({ search, status, ordering = '-updated_at', offset = 0 }: ProjectsSearch) => {
  const query = {
    ordering,
    offset,
    limit: PAGE_ROWS,
    ...(search && { search }),
    ...(status !== 'all' && { status: status ?? ('active' as const) }),
  };
  return queryOptions({
    queryKey: ['projects', query],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/projects', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
};

export const projectQuery = (id: string) =>
  queryOptions({
    queryKey: ['projects', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/projects/{id}', { params: { path: { id } }, signal })),
  });

/** Whom a project can be given to. */
export const possibleOwnersQuery = queryOptions({
  queryKey: ['users', { status: 'active', ordering: 'name', limit: 1000 }],
  queryFn: ({ signal }) =>
    answerOf(
      api.GET('/api/v1/users', { params: { query: { status: 'active', ordering: 'name', limit: 1000 } }, signal }),
    ),
});
