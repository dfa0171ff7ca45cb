import { useTranslation } from 'react-i18next';
import type { Message } from '#session/api';
import { Dialog } from '#ui/dialog';
import { toast } from '#ui/toast';
import { useCreateWebhook, useUpdateWebhook } from './webhook-changes.ts';
import { WebhookForm } from './webhook-form.tsx';

interface CreateWebhookDialogProps {
  onCreated: (webhook: Message['WebhookWithSecret']) => void;
  onClose: () => void;
}

export function CreateWebhookDialog({ onCreated, onClose }: CreateWebhookDialogProps) {
  const { t } = useTranslation('developers');
  const { mutate, error, isPending } = useCreateWebhook();
  return (
    <Dialog wide open onOpenChange={onClose} title={t('webhooks.create')} description={t('webhooks.createText')}>
      <WebhookForm
        action={t('webhooks.create')}
        defaults={{ url: '', description: '', event_types: ['*'] }}
        error={error}
        busy={isPending}
        onSubmit={(body) => mutate(body, { onSuccess: onCreated })}
        onClose={onClose}
      />
    </Dialog>
  );
}

export function EditWebhookDialog({ webhook, onClose }: { webhook: Message['Webhook']; onClose: () => void }) {
  const { t } = useTranslation('developers');
  const { t: common } = useTranslation();
  const { mutate, error, isPending } = useUpdateWebhook();
  const saved = () => {
    toast({ text: common('saved') });
    onClose();
  };
  return (
    <Dialog wide open onOpenChange={onClose} title={t('webhooks.edit')}>
      <WebhookForm
        action={common('save')}
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API has checked its event types
        defaults={webhook as Message['CreateWebhookRequest']}
        error={error}
        busy={isPending}
        onSubmit={(body) => mutate({ webhook, ...body }, { onSuccess: saved })}
        onClose={onClose}
      />
    </Dialog>
  );
}
