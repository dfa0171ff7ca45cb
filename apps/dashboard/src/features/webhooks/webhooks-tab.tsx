import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus, Webhook } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { withSearch } from '#shell/search-params';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { SecretDialog } from '#ui/secret-dialog';
import { EmptyState, ErrorState, LoadingRows } from '#ui/states';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';
import { CreateWebhookDialog } from './webhook-form-dialogs.tsx';
import { WebhookStatus } from './webhook-status.tsx';
import { webhooksQuery } from './webhooks-queries.ts';

const route = getRouteApi('/_app/developers/');

/** The endpoints that receive events. */
export function WebhooksTab() {
  const { t } = useTranslation('developers');
  const { data, error, isPending, refetch } = useQuery(webhooksQuery);
  const { create } = route.useSearch();
  const navigate = route.useNavigate();
  const creating = (now: true | undefined) =>
    void navigate({ search: (before) => withSearch(before, { create: now }), resetScroll: false });
  const [made, setMade] = useState<Message['WebhookWithSecret']>();
  const rows = () => {
    if (isPending) return <LoadingRows />;
    if (error) return <ErrorState what={t('tabs.webhooks')} error={error} onRetry={() => void refetch()} />;
    if (data.results.length === 0)
      return (
        <EmptyState icon={Webhook} title={t('webhooks.empty')}>
          {t('webhooks.emptyText')}
        </EmptyState>
      );
    return <WebhooksTable webhooks={data.results} />;
  };
  return (
    <Card className="p-0">
      <div className="p-5 pb-1">
        <CardHeader
          title={t('tabs.webhooks')}
          hint={t('webhooks.hint')}
          actions={
            <Button onClick={() => creating(true)}>
              <Plus aria-hidden />
              {t('webhooks.create')}
            </Button>
          }
        />
      </div>
      <div className="border-t">{rows()}</div>
      {create ? (
        <CreateWebhookDialog
          onCreated={(webhook) => {
            creating(undefined);
            setMade(webhook);
          }}
          onClose={() => creating(undefined)}
        />
      ) : null}
      {made ? (
        <SecretDialog
          title={t('webhooks.madeTitle')}
          description={t('webhooks.madeText')}
          label={t('webhooks.secret')}
          secret={made.secret}
          onClose={() => setMade(undefined)}
        />
      ) : null}
    </Card>
  );
}

function WebhooksTable({ webhooks }: { webhooks: Message['Webhook'][] }) {
  const { t } = useTranslation('developers');
  const { date } = useFormat();
  return (
    <Table label={t('tabs.webhooks')}>
      <TableHead>
        <Th>{t('webhooks.url')}</Th>
        <Th>{t('status')}</Th>
        <Th>{t('tabs.events')}</Th>
        <Th>{t('created')}</Th>
      </TableHead>
      <tbody>
        {webhooks.map((webhook) => (
          <Tr key={webhook.id}>
            <Td className="max-w-96">
              <Link
                to="/developers/webhooks/$id"
                params={{ id: webhook.id }}
                className="block truncate py-0.5 font-medium text-link hover:underline"
              >
                {webhook.url}
              </Link>
              {webhook.description ? (
                <span className="block truncate text-xs text-muted-foreground">{webhook.description}</span>
              ) : null}
            </Td>
            <Td>
              <WebhookStatus webhook={webhook} />
            </Td>
            <Td className="whitespace-nowrap text-muted-foreground">
              {webhook.event_types.includes('*')
                ? t('webhooks.allEvents')
                : t('webhooks.someEvents', { count: webhook.event_types.length })}
            </Td>
            <Td className="whitespace-nowrap text-muted-foreground">{date(webhook.created_at)}</Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
