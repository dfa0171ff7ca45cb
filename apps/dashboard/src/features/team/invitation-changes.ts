import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '#session/api';
import { useIdempotent } from '#session/idempotency-key';
import type { Invitation } from './team-queries.ts';
import type { Role } from './team-search.ts';

export function useInvite() {
  const refresh = useRefresh();
  const idempotent = useIdempotent();
  return useMutation({
    mutationFn: ({ emails, role }: { emails: readonly string[]; role: Role }) =>
      idempotent((key) =>
        answerOf(
          api.POST('/api/v1/users/invitations', {
            params: { header: { 'Idempotency-Key': key } },
            body: { invitations: emails.map((email) => ({ email, role })) },
          }),
        ),
      ),
    onSuccess: refresh,
  });
}

export function useResend() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id }: Invitation) =>
      answerOf(api.POST('/api/v1/users/invitations/{id}/resend', { params: { path: { id } } })),
    onSettled: refresh,
  });
}

export function useRevoke() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id }: Invitation) =>
      answerOf(api.DELETE('/api/v1/users/invitations/{id}', { params: { path: { id } } })),
    onSettled: refresh,
  });
}

function useRefresh(): () => Promise<unknown> {
  const client = useQueryClient();
  return () =>
    Promise.all(['invitations', 'quota'].map((resource) => client.invalidateQueries({ queryKey: [resource] })));
}
