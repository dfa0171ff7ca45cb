import { answerOf } from '@coditect/api-client/api-client';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, PencilLine, Power, PowerOff, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { api, type Message } from '#session/api';
import { Button } from '#ui/button';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Menu, MenuItem, MenuSeparator } from '#ui/menu';
import { toast } from '#ui/toast';
import { SecretDialog } from '#ui/secret-dialog';
import { EditWebhookDialog } from './webhook-form-dialogs.tsx';

/** What can be done with an endpoint. */
export function WebhookActions({ webhook }: { webhook: Message['Webhook'] }) {
  const { t } = useTranslation('developers');
  const { t: common } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const problemText = useProblemText();
  const [open, setOpen] = useState<'edit' | 'rotate' | 'disable' | 'delete'>();
  const [secret, setSecret] = useState<string>();
  const close = () => setOpen(undefined);
  const params = { path: { id: webhook.id } };
  const stale = async () => {
    await client.invalidateQueries({ queryKey: ['webhooks'] });
    void client.invalidateQueries({ queryKey: ['webhook-deliveries'] });
  };
  const enable = async () => {
    try {
      await answerOf(api.POST('/api/v1/webhooks/{id}/enable', { params }));
      toast({ text: t('webhooks.nowEnabled') });
      await stale();
    } catch (error) {
      toast({ text: problemText(error), tone: 'danger' });
    }
  };
  return (
    <>
      <Button variant="outline" onClick={() => setOpen('edit')}>
        <PencilLine aria-hidden />
        {common('edit')}
      </Button>
      <Menu
        trigger={
          <Button variant="outline" size="icon" aria-label={common('more')}>
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        {webhook.status === 'enabled' ? (
          <MenuItem onSelect={() => setOpen('disable')}>
            <PowerOff aria-hidden />
            {t('webhooks.disable')}
          </MenuItem>
        ) : (
          <MenuItem onSelect={() => void enable()}>
            <Power aria-hidden />
            {t('webhooks.enable')}
          </MenuItem>
        )}
        <MenuItem onSelect={() => setOpen('rotate')}>
          <RefreshCw aria-hidden />
          {t('webhooks.rotate')}
        </MenuItem>
        <MenuSeparator />
        <MenuItem danger onSelect={() => setOpen('delete')}>
          <Trash2 aria-hidden />
          {common('delete')}
        </MenuItem>
      </Menu>
      {open === 'edit' ? <EditWebhookDialog webhook={webhook} onClose={close} /> : null}
      <ConfirmDialog
        open={open === 'disable'}
        onOpenChange={close}
        title={t('webhooks.disableTitle')}
        description={t('webhooks.disableText')}
        action={t('webhooks.disable')}
        onConfirm={async () => {
          await answerOf(api.POST('/api/v1/webhooks/{id}/disable', { params }));
          toast({ text: t('webhooks.nowDisabled') });
          await stale();
        }}
      />
      <ConfirmDialog
        open={open === 'rotate'}
        onOpenChange={close}
        title={t('webhooks.rotateTitle')}
        description={t('webhooks.rotateText')}
        action={t('webhooks.rotate')}
        onConfirm={async () => {
          const rotated = await answerOf(api.POST('/api/v1/webhooks/{id}/rotate-secret', { params }));
          setSecret(rotated.secret);
          await stale();
        }}
      />
      <ConfirmDialog
        open={open === 'delete'}
        danger
        onOpenChange={close}
        title={t('webhooks.deleteTitle')}
        description={t('webhooks.deleteText', { url: webhook.url })}
        action={common('delete')}
        onConfirm={async () => {
          await answerOf(api.DELETE('/api/v1/webhooks/{id}', { params }));
          toast({ text: t('webhooks.deleted') });
          await navigate({ to: '/developers', search: { tab: 'webhooks' } });
          client.removeQueries({ queryKey: ['webhooks', webhook.id] });
          await client.invalidateQueries({ queryKey: ['webhooks'] });
        }}
      />
      {secret ? (
        <SecretDialog
          title={t('webhooks.rotatedTitle')}
          description={t('webhooks.rotatedText')}
          label={t('webhooks.secret')}
          secret={secret}
          onClose={() => setSecret(undefined)}
        />
      ) : null}
    </>
  );
}
