import { answerOf } from '@coditect/api-client/api-client';
import { queryOptions } from '@tanstack/react-query';
import { api, type Message } from '#session/api';

export type Tenant = Message['Tenant'];
export type DataExport = Message['DataExport'];

export const tenantQuery = queryOptions({
  queryKey: ['tenant'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/tenant', { signal })),
});

/** How often the state of a running export is read, in ms. */
const WORKING_MS = 3000;
const isWorking = (status: DataExport['status'] | undefined) => status === 'pending' || status === 'running';

const LAST_EXPORTS = { limit: 5 } as const;

export const exportsQuery = queryOptions({
  queryKey: ['tenant-exports', LAST_EXPORTS],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/tenant/exports', { params: { query: LAST_EXPORTS }, signal })),
  refetchInterval: ({ state }) => (state.data?.results.some(({ status }) => isWorking(status)) ? WORKING_MS : false),
});

export const exportQuery = (id: string) =>
  queryOptions({
    queryKey: ['tenant-exports', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/tenant/exports/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (isWorking(state.data?.status) ? WORKING_MS : false),
  });
