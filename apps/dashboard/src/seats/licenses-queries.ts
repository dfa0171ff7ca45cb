import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, type Message } from '#session/api';

export type License = Message['License'];

/** All of them: an organization has a handful. */
export const licensesQuery = queryOptions({
  queryKey: ['licenses', 'all'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/licenses', { params: { query: { limit: 1000 } }, signal })),
});

export const licenseQuery = (id: string) =>
  queryOptions({
    queryKey: ['licenses', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/licenses/{id}', { params: { path: { id } }, signal })),
  });

/** Who can free a seat. */
export const contactsQuery = (id: string) =>
  queryOptions({
    queryKey: ['license-contacts', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/licenses/{id}/contacts', { params: { path: { id } }, signal })),
    staleTime: 60_000,
  });

/** The signed license of a live session, made anew at each call. */
export const signedLicense = (sessionId: string): Promise<Message['SignedLicense']> =>
  answerOf(api.GET('/api/v1/license-sessions/{id}/signed-license', { params: { path: { id: sessionId } } }));

/** Licenses have no names: what they are for, and the end of their keys tells them apart. */
export const licenseLabel = ({ product, plan_tier, key }: License): string =>
  `${product} ${plan_tier} ···${key.slice(-4)}`;

/** What a license is called by its id; its id's beginning while that is not known. */
export function useLicenseNames(): (id: string) => string {
  const { data } = useQuery(licensesQuery);
  return useCallback(
    (id) => {
      const license = data?.results.find((one) => one.id === id);
      return license ? licenseLabel(license) : `${id.slice(0, 8)}…`;
    },
    [data],
  );
}
