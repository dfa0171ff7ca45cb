import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, type Message } from '#session/api';
import { useIdempotent } from '#session/idempotency-key';

type ApiKey = Message['ApiKey'];

export function useCreateApiKey() {
  const idempotent = useIdempotent();
  return useApiKeyChange((body: Message['CreateApiKeyRequest']) =>
    idempotent((key) =>
      answerOf(api.POST('/api/v1/auth/api-keys', { params: { header: { 'Idempotency-Key': key } }, body })),
    ),
  );
}
export function useRenameApiKey() {
  return useApiKeyChange(({ apiKey: { id }, name }: { apiKey: ApiKey; name: string }) =>
    answerOf(api.PATCH('/api/v1/auth/api-keys/{id}', { params: { path: { id } }, body: { name } })),
  );
}
/** Creates a successor of the key and returns it. The old key keeps working for `overlapSeconds`. */
export function useRotateApiKey() {
  const idempotent = useIdempotent();
  return useApiKeyChange(({ apiKey: { id }, overlapSeconds }: { apiKey: ApiKey; overlapSeconds: number }) =>
    idempotent((key) =>
      answerOf(
        api.POST('/api/v1/auth/api-keys/{id}/rotate', {
          params: { path: { id }, header: { 'Idempotency-Key': key } },
          body: { overlap_seconds: overlapSeconds },
        }),
      ),
    ),
  );
}
export function useRevokeApiKey() {
  return useApiKeyChange(({ id }: ApiKey) =>
    answerOf(api.DELETE('/api/v1/auth/api-keys/{id}', { params: { path: { id } } })),
  );
}

function useApiKeyChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: ['api-keys'] }) });
}
