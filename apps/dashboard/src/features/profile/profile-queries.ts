import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions } from '@tanstack/react-query';
import { providersOf } from '#features/sign-in/providers';
import { api } from '#session/api';

/** The largest page of the API, and more logins or identities than a user has. */
const ALL = 100;

export const loginsQuery = queryOptions({
  queryKey: ['logins'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/logins', { params: { query: { limit: ALL } }, signal })),
});

export const identitiesQuery = queryOptions({
  queryKey: ['identities'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/identities', { params: { query: { limit: ALL } }, signal })),
});

export const secondFactorQuery = queryOptions({
  queryKey: ['second-factor'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/auth/two-factor', { signal })),
});

/** The sign-in providers of an organization. @param tenant slug of the organization */
export const providersQuery = (tenant: string) =>
  queryOptions({ queryKey: ['sign-in-providers', tenant], queryFn: () => providersOf(tenant), staleTime: 300_000 });
