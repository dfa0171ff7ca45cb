import { useQuery } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import type { Message } from '#session/api';
import { Button } from '#ui/button';
import { CopyButton } from '#ui/copy-button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { FormAlert } from '#ui/field';
import { ErrorState, LoadingRows } from '#ui/states';
import { toast } from '#ui/toast';
import { AttemptResult } from './attempt-result.tsx';
import { DeliveryStatusBadge } from './delivery-status-badge.tsx';
import { useRetryDelivery } from './webhook-changes.ts';
import { deliveryQuery } from './webhooks-queries.ts';

interface DeliveryDialogProps {
  id: string;
  /** Whether the endpoint is enabled. */
  enabled: boolean;
  onClose: () => void;
}

/** One delivery with its attempts, and the button that sends it again. */
export function DeliveryDialog({ id, enabled, onClose }: DeliveryDialogProps) {
  const { t } = useTranslation('developers');
  const problemText = useProblemText();
  const { data, error, refetch } = useQuery(deliveryQuery(id));
  const retry = useRetryDelivery();
  const sendAgain = () => retry.mutate(id, { onSuccess: () => toast({ text: t('deliveries.retried') }) });
  return (
    <Dialog
      wide
      open
      onOpenChange={onClose}
      title={data ? <code className="text-base break-all">{data.event_type}</code> : t('deliveries.one')}
    >
      {data ? (
        <Attempts delivery={data} />
      ) : error ? (
        <ErrorState what={t('deliveries.one')} error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows />
      )}
      <FormAlert>{retry.error ? problemText(retry.error) : null}</FormAlert>
      <DialogFooter>
        <Button
          busy={retry.isPending}
          disabled={!data || !enabled}
          title={enabled ? undefined : t('deliveries.enableFirst')}
          onClick={sendAgain}
        >
          <RotateCcw aria-hidden />
          {t('deliveries.retry')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function Attempts({ delivery }: { delivery: Message['WebhookDeliveryDetail'] }) {
  const { t } = useTranslation('developers');
  const { dateTime } = useFormat();
  return (
    <>
      <div className="grid gap-1 text-sm">
        <p className="flex flex-wrap items-center gap-2">
          <DeliveryStatusBadge status={delivery.status} />
          {delivery.next_attempt_at ? (
            <span className="text-muted-foreground">
              {t('deliveries.nextAt', { time: dateTime(delivery.next_attempt_at) })}
            </span>
          ) : null}
        </p>
        <p className="flex items-center gap-1 text-muted-foreground">
          <span className="min-w-0 break-all">
            webhook-id: <code className="text-xs">{delivery.event_id}</code>
          </span>
          <CopyButton text={delivery.event_id} />
        </p>
      </div>
      <section className="grid grid-cols-1 gap-2">
        <h3 className="text-sm font-semibold">{t('deliveries.attempts')}</h3>
        {delivery.attempt_log.length === 0 ? (
          <p className="text-sm text-muted-foreground">{t('deliveries.noAttempts')}</p>
        ) : (
          <ol className="grid grid-cols-1 gap-4">
            {delivery.attempt_log.map((attempt) => (
              <li key={attempt.id}>
                <AttemptResult attempt={attempt} />
              </li>
            ))}
          </ol>
        )}
      </section>
    </>
  );
}
