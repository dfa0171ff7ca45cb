import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, type Message } from '#session/api';
import { useIdempotent } from '#session/idempotency-key';

type Webhook = Message['Webhook'];

const of = ({ id }: { id: string }) => ({ path: { id } });

export function useCreateWebhook() {
  const idempotent = useIdempotent();
  return useWebhookChange((body: Message['CreateWebhookRequest']) =>
    idempotent((key) =>
      answerOf(api.POST('/api/v1/webhooks', { params: { header: { 'Idempotency-Key': key } }, body })),
    ),
  );
}
export function useUpdateWebhook() {
  return useWebhookChange(({ webhook, ...body }: Message['UpdateWebhookRequest'] & { webhook: Webhook }) =>
    answerOf(
      api.PATCH('/api/v1/webhooks/{id}', {
        params: { ...of(webhook), header: { 'If-Match': `"v${webhook.version}"` } },
        body,
      }),
    ),
  );
}
export function useEnableWebhook() {
  return useWebhookChange((webhook: Webhook) =>
    answerOf(api.POST('/api/v1/webhooks/{id}/enable', { params: of(webhook) })),
  );
}
export function useDisableWebhook() {
  return useWebhookChange((webhook: Webhook) =>
    answerOf(api.POST('/api/v1/webhooks/{id}/disable', { params: of(webhook) })),
  );
}
/** Rotates the secret and returns the new one. For a day, deliveries are signed with the old one as well. */
export function useRotateWebhookSecret() {
  return useWebhookChange((webhook: Webhook) =>
    answerOf(api.POST('/api/v1/webhooks/{id}/rotate-secret', { params: of(webhook) })),
  );
}

function useWebhookChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: async () => {
      void client.invalidateQueries({ queryKey: ['webhook-deliveries'] });
      await client.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
}

/** Deletes a webhook. `leave` has to leave its page first: the page would load the deleted webhook again. */
export function useDeleteWebhook(leave: () => Promise<void>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (webhook: Webhook) => answerOf(api.DELETE('/api/v1/webhooks/{id}', { params: of(webhook) })),
    onSuccess: async (_, { id }) => {
      await leave();
      client.removeQueries({ queryKey: ['webhooks', id] });
      await client.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
}

/** Sends a test event and returns the response. A test is no delivery, so no list changes. */
export function useTestWebhook() {
  return useMutation({
    mutationFn: (id: string) => answerOf(api.POST('/api/v1/webhooks/{id}/test', { params: of({ id }) })),
  });
}

export function useReplay() {
  const idempotent = useIdempotent();
  return useDeliveryChange(({ id, ...body }: Message['ReplayWebhookRequest'] & { id: string }) =>
    idempotent((key) =>
      answerOf(
        api.POST('/api/v1/webhooks/{id}/replay', {
          params: { ...of({ id }), header: { 'Idempotency-Key': key } },
          body,
        }),
      ),
    ),
  );
}
export function useRetryDelivery() {
  return useDeliveryChange((id: string) =>
    answerOf(api.POST('/api/v1/webhooks/deliveries/{id}/retry', { params: of({ id }) })),
  );
}

function useDeliveryChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: ['webhook-deliveries'] }),
  });
}
