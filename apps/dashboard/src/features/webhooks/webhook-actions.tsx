import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, PencilLine, Power, PowerOff, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import type { Message } from '#session/api';
import { Button } from '#ui/button';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Menu, MenuItem, MenuSeparator } from '#ui/menu';
import { SecretDialog } from '#ui/secret-dialog';
import { toast } from '#ui/toast';
import { useDeleteWebhook, useDisableWebhook, useEnableWebhook, useRotateWebhookSecret } from './webhook-changes.ts';
import { EditWebhookDialog } from './webhook-form-dialogs.tsx';

/** The actions for one webhook; those with consequences ask first. */
export function WebhookActions({ webhook }: { webhook: Message['Webhook'] }) {
  const { t } = useTranslation('developers');
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const problemText = useProblemText();
  const [open, setOpen] = useState<'edit' | 'rotate' | 'disable' | 'delete'>();
  const [secret, setSecret] = useState<string>();
  const close = () => setOpen(undefined);
  const [enable, disable, rotate] = [useEnableWebhook(), useDisableWebhook(), useRotateWebhookSecret()];
  const remove = useDeleteWebhook(() => navigate({ to: '/developers', search: { tab: 'webhooks' } }));
  const done = (key: 'nowEnabled' | 'nowDisabled' | 'deleted') => () => toast({ text: t(`webhooks.${key}`) });
  const refused = (error: unknown) => toast({ text: problemText(error), tone: 'danger' });
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
          <MenuItem onSelect={() => void enable.mutateAsync(webhook).then(done('nowEnabled'), refused)}>
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
        onConfirm={() => disable.mutateAsync(webhook).then(done('nowDisabled'))}
      />
      <ConfirmDialog
        open={open === 'rotate'}
        onOpenChange={close}
        title={t('webhooks.rotateTitle')}
        description={t('webhooks.rotateText')}
        action={t('webhooks.rotate')}
        onConfirm={() => rotate.mutateAsync(webhook).then((rotated) => setSecret(rotated.secret))}
      />
      <ConfirmDialog
        open={open === 'delete'}
        danger
        onOpenChange={close}
        title={t('webhooks.deleteTitle')}
        description={t('webhooks.deleteText', { url: webhook.url })}
        action={common('delete')}
        onConfirm={() => remove.mutateAsync(webhook).then(done('deleted'))}
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
