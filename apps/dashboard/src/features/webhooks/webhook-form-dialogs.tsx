import { answerOf } from '@coditect/api-client/api-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, type Message } from '#session/api';
import { useIdempotent } from '#session/idempotency-key';
import { Dialog } from '#ui/dialog';
import { toast } from '#ui/toast';
import { WebhookForm } from './webhook-form.tsx';

interface CreateWebhookDialogProps {
  onCreated: (webhook: Message['WebhookWithSecret']) => void;
  onClose: () => void;
}

export function CreateWebhookDialog({ onCreated, onClose }: CreateWebhookDialogProps) {
  const { t } = useTranslation('developers');
  const client = useQueryClient();
  const idempotent = useIdempotent();
  const { mutate, error, isPending } = useMutation({
    mutationFn: (body: Message['CreateWebhookRequest']) =>
      idempotent((key) =>
        answerOf(api.POST('/api/v1/webhooks', { params: { header: { 'Idempotency-Key': key } }, body })),
      ),
    onSuccess: (webhook) => {
      void client.invalidateQueries({ queryKey: ['webhooks'] });
      onCreated(webhook);
    },
  });
  return (
    <Dialog wide open onOpenChange={onClose} title={t('webhooks.create')} description={t('webhooks.createText')}>
      <WebhookForm
        action={t('webhooks.create')}
        defaults={{ url: '', description: '', event_types: ['*'] }}
        error={error}
        busy={isPending}
        onSubmit={mutate}
        onClose={onClose}
      />
    </Dialog>
  );
}

export function EditWebhookDialog({ webhook, onClose }: { webhook: Message['Webhook']; onClose: () => void }) {
  const { t } = useTranslation('developers');
  const { t: common } = useTranslation();
  const client = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: (body: Message['UpdateWebhookRequest']) =>
      answerOf(
        api.PATCH('/api/v1/webhooks/{id}', {
          params: { path: { id: webhook.id }, header: { 'If-Match': `"v${webhook.version}"` } },
          body,
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['webhooks'] });
      toast({ text: common('saved') });
      onClose();
    },
  });
  return (
    <Dialog wide open onOpenChange={onClose} title={t('webhooks.edit')}>
      <WebhookForm
        action={common('save')}
        defaults={webhook as Message['CreateWebhookRequest']}
        error={error}
        busy={isPending}
        onSubmit={mutate}
        onClose={onClose}
      />
    </Dialog>
  );
}
