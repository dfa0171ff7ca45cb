import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, type Message } from '#session/api';

export type License = Message['License'];

/** All licenses on one page: an organization has few. */
export const licensesQuery = queryOptions({
  queryKey: ['licenses', 'all'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/licenses', { params: { query: { limit: 1000 } }, signal })),
});

export const licenseQuery = (id: string) =>
  queryOptions({
    queryKey: ['licenses', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/licenses/{id}', { params: { path: { id } }, signal })),
  });

/** The users who can free a seat of a license. */
export const contactsQuery = (id: string) =>
  queryOptions({
    queryKey: ['license-contacts', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/licenses/{id}/contacts', { params: { path: { id } }, signal })),
    staleTime: 60_000,
  });

/** Requests the signed license of a live session. The API signs it anew for each call. */
export const signedLicense = (sessionId: string): Promise<Message['SignedLicense']> =>
  answerOf(api.GET('/api/v1/license-sessions/{id}/signed-license', { params: { path: { id: sessionId } } }));

/** Returns a label for a license, because licenses have no names: product, plan and the end of the key. */
export const licenseLabel = ({ product, plan_tier, key }: License): string =>
  `${product} ${plan_tier} ···${key.slice(-4)}`;

/** Returns a function that returns the label of a license by its id, or the beginning of the id while the licenses
 *  are loading. */
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
