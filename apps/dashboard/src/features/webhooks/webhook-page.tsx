import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { Page } from '#shell/page';
import { Card, CardHeader } from '#ui/card';
import { CopyButton } from '#ui/copy-button';
import { ErrorState, LoadingRows } from '#ui/states';
import { DeliveryLog } from './delivery-log.tsx';
import { WebhookActions } from './webhook-actions.tsx';
import { WebhookStatus } from './webhook-status.tsx';
import { WebhookTestCard } from './webhook-test-card.tsx';
import { webhookQuery } from './webhooks-queries.ts';

const route = getRouteApi('/_app/developers/webhooks/$id');

/** One endpoint: its events, a test, and its deliveries. */
export function WebhookPage() {
  const { t } = useTranslation('developers');
  const { id } = route.useParams();
  const { data: webhook, error, refetch } = useQuery(webhookQuery(id));
  return (
    <Page
      title={t('webhooks.one')}
      description={
        <Link
          to="/developers"
          search={{ tab: 'webhooks' }}
          className="inline-flex min-h-6 items-center gap-1 text-link hover:underline"
        >
          <ChevronLeft className="size-4" aria-hidden />
          {t('webhooks.all')}
        </Link>
      }
      actions={webhook ? <WebhookActions webhook={webhook} /> : null}
    >
      {webhook ? (
        <>
          <Endpoint webhook={webhook} />
          <WebhookTestCard id={id} />
          <DeliveryLog webhook={webhook} />
        </>
      ) : (
        <Card>
          {error ? (
            <ErrorState what={t('webhooks.one')} error={error} onRetry={() => void refetch()} />
          ) : (
            <LoadingRows />
          )}
        </Card>
      )}
    </Page>
  );
}

function Endpoint({ webhook }: { webhook: Message['Webhook'] }) {
  const { t } = useTranslation('developers');
  const { dateTime } = useFormat();
  const [now] = useState(() => Date.now());
  const { url, description, event_types, status, disabled_at, previous_secret_until } = webhook;
  return (
    <Card>
      <CardHeader title={t('webhooks.endpoint')} hint={description} actions={<WebhookStatus webhook={webhook} />} />
      <div className="flex items-center justify-between gap-2 rounded-lg border px-3 py-1.5">
        <code className="min-w-0 text-sm break-all">{url}</code>
        <CopyButton text={url} />
      </div>
      <dl className="mt-4 grid gap-x-4 gap-y-2 text-sm sm:grid-cols-[9rem_minmax(0,1fr)]">
        <dt className="text-muted-foreground">{t('tabs.events')}</dt>
        <dd>
          {event_types.includes('*') ? (
            t('webhooks.everything')
          ) : (
            <ul className="flex flex-wrap gap-1.5">
              {event_types.map((type) => (
                <li key={type} className="rounded-md bg-muted px-2 py-0.5 font-mono text-xs">
                  {type}
                </li>
              ))}
            </ul>
          )}
        </dd>
        <dt className="text-muted-foreground">{t('created')}</dt>
        <dd>{dateTime(webhook.created_at)}</dd>
        {status === 'disabled' && disabled_at ? (
          <>
            <dt className="text-muted-foreground">{t('webhooks.disabledSince')}</dt>
            <dd>{dateTime(disabled_at)}</dd>
          </>
        ) : null}
        {previous_secret_until && Date.parse(previous_secret_until) > now ? (
          <>
            <dt className="text-muted-foreground">{t('webhooks.oldSecret')}</dt>
            <dd>{t('webhooks.oldSecretUntil', { time: dateTime(previous_secret_until) })}</dd>
          </>
        ) : null}
      </dl>
    </Card>
  );
}
