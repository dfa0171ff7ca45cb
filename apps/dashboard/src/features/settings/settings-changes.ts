import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, type Message } from '#session/api';
import { useIdempotent } from '#session/idempotency-key';
import { download } from '#ui/download';
import type { DataExport, Tenant } from './settings-queries.ts';

const of = ({ version }: Tenant) => ({ header: { 'If-Match': `"v${version}"` } });

export function useUpdateTenant() {
  return useTenantChange(({ tenant, ...body }: Message['UpdateTenantRequest'] & { tenant: Tenant }) =>
    answerOf(api.PATCH('/api/v1/tenant', { params: of(tenant), body })),
  );
}
export function useCloseTenant() {
  return useTenantChange(({ tenant, ...body }: Message['CloseTenantRequest'] & { tenant: Tenant }) =>
    answerOf(api.POST('/api/v1/tenant/close', { params: of(tenant), body })),
  );
}
export function useReopenTenant() {
  return useTenantChange((tenant: Tenant) => answerOf(api.POST('/api/v1/tenant/reopen', { params: of(tenant) })));
}

/** Refreshes everything after a change: all pages name the organization, and closing it ends seats. */
function useTenantChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all(
        ['tenant', 'me', 'quota', 'license-sessions', 'licenses'].map((resource) =>
          client.invalidateQueries({ queryKey: [resource] }),
        ),
      ),
  });
}

export function useRequestExport() {
  const client = useQueryClient();
  const idempotent = useIdempotent();
  return useMutation({
    mutationFn: () =>
      idempotent((key) =>
        answerOf(api.POST('/api/v1/tenant/exports', { params: { header: { 'Idempotency-Key': key } } })),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ['tenant-exports'] }),
  });
}

/** Saves the file of an export. The browser reads it completely first, because a link cannot send the access token. */
export function useDownloadExport() {
  return useMutation({
    mutationFn: async ({ id, created_at }: DataExport) => {
      const file: Blob = await answerOf(
        api.GET('/api/v1/tenant/exports/{id}/download', { params: { path: { id } }, parseAs: 'blob' }),
      );
      download(file, `export-${created_at.slice(0, 10)}.zip`);
    },
  });
}
