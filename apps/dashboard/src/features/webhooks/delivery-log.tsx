import { deliveryStatuses } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { History, Inbox } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { withSearch } from '#shell/search-params';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { ListFrame } from '#ui/list-frame';
import { PAGE_ROWS } from '#ui/page-rows';
import { EmptyState } from '#ui/states';
import { StatusFilter } from '#ui/status-filter';
import { Table, TableHead, Td, Th, Tr } from '#ui/table';
import { DeliveryDialog } from './delivery-dialog.tsx';
import { DeliveryStatusBadge } from './delivery-status-badge.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import type { WebhookSearch } from './webhook-search.ts';
import { deliveriesQuery } from './webhooks-queries.ts';

const route = getRouteApi('/_app/developers/webhooks/$id');

/** The deliveries to one endpoint, newest first. */
export function DeliveryLog({ webhook }: { webhook: Message['Webhook'] }) {
  const { t } = useTranslation('developers');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [replaying, setReplaying] = useState(false);
  const list = useQuery(deliveriesQuery(webhook.id, search));
  const enabled = webhook.status === 'enabled';
  return (
    <Card className="p-0">
      <div className="p-5 pb-1">
        <CardHeader
          title={t('deliveries.title')}
          hint={t('deliveries.hint')}
          actions={
            <Button
              variant="outline"
              size="sm"
              disabled={!enabled}
              title={enabled ? undefined : t('deliveries.enableFirst')}
              onClick={() => setReplaying(true)}
            >
              <History aria-hidden />
              {t('replay.action')}
            </Button>
          }
        />
        <div className="mb-4 flex flex-wrap gap-3">
          <StatusFilter
            statuses={deliveryStatuses}
            value={search.status}
            textOf={(status) => t(`deliveries.status.${status}`)}
            onChange={(status) => void navigate({ search: withSearch({}, { status }) })}
          />
        </div>
      </div>
      <div className="border-t">
        <ListFrame
          title={t('deliveries.title')}
          query={list}
          limit={PAGE_ROWS}
          offset={search.offset}
          onOffset={(offset) => void navigate({ search: (before) => withSearch(before, { offset }) })}
          empty={
            <EmptyState icon={Inbox} title={t(search.status ? 'deliveries.noMatch' : 'deliveries.empty')}>
              {search.status ? null : t('deliveries.emptyText')}
            </EmptyState>
          }
        >
          {(deliveries) => <Deliveries deliveries={deliveries} />}
        </ListFrame>
      </div>
      {replaying ? <ReplayDialog id={webhook.id} onClose={() => setReplaying(false)} /> : null}
      {search.delivery ? (
        <DeliveryDialog
          id={search.delivery}
          enabled={enabled}
          onClose={() => void navigate({ search: (before) => withSearch(before, { delivery: undefined }) })}
        />
      ) : null}
    </Card>
  );
}

function Deliveries({ deliveries }: { deliveries: Message['WebhookDelivery'][] }) {
  const { t } = useTranslation('developers');
  const { relative, dateTime } = useFormat();
  return (
    <Table label={t('deliveries.title')}>
      <TableHead>
        <Th>{t('deliveries.event')}</Th>
        <Th>{t('status')}</Th>
        <Th className="text-right">{t('deliveries.attempts')}</Th>
        <Th>{t('deliveries.nextAttempt')}</Th>
        <Th>{t('created')}</Th>
      </TableHead>
      <tbody>
        {deliveries.map((delivery) => (
          <Tr key={delivery.id}>
            <Td>
              <Link
                from="/developers/webhooks/$id"
                to="."
                search={(before: WebhookSearch) => ({ ...before, delivery: delivery.id })}
                className="inline-block py-0.5 font-mono text-xs font-medium text-link hover:underline"
              >
                {delivery.event_type} <span className="text-muted-foreground">#{delivery.event_sequence}</span>
              </Link>
            </Td>
            <Td>
              <DeliveryStatusBadge status={delivery.status} />
            </Td>
            <Td className="text-right tabular-nums">{delivery.attempts}</Td>
            <Td className="whitespace-nowrap text-muted-foreground">
              {delivery.next_attempt_at ? relative(delivery.next_attempt_at) : '–'}
            </Td>
            <Td className="whitespace-nowrap text-muted-foreground">
              <time dateTime={delivery.created_at} title={dateTime(delivery.created_at)}>
                {relative(delivery.created_at)}
              </time>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
