import { useTranslation } from 'react-i18next';
import type { Message } from '#session/api';
import { Badge } from '#ui/badge';

/** Whether an endpoint receives events, and whether it accepts them. */
export function WebhookStatus({ webhook }: { webhook: Message['Webhook'] }) {
  const { t } = useTranslation('developers');
  if (webhook.status === 'disabled')
    return (
      <Badge tone={webhook.disabled_reason === 'manual' ? 'neutral' : 'danger'}>
        {t(`webhooks.disabled.${webhook.disabled_reason ?? 'manual'}`)}
      </Badge>
    );
  if (webhook.consecutive_failures > 0)
    return <Badge tone="warning">{t('webhooks.failing', { count: webhook.consecutive_failures })}</Badge>;
  return <Badge tone="success">{t('webhooks.enabled')}</Badge>;
}
