import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { Badge } from '#ui/badge';
import { Button } from '#ui/button';
import { CopyButton } from '#ui/copy-button';
import { Dialog } from '#ui/dialog';
import { ErrorState, LoadingRows } from '#ui/states';
import { actionTone } from './audit-actions.ts';
import { useAuditLabels } from './audit-labels.ts';
import { auditLogQuery } from './audit-queries.ts';
import type { AuditSearch } from './audit-search.ts';
import { ChangesView } from './changes-view.tsx';

interface AuditEntryDialogProps {
  id: string;
  onFilter: (change: Partial<AuditSearch>) => void;
  onClose: () => void;
}

/** All fields of one entry. */
export function AuditEntryDialog({ id, onFilter, onClose }: AuditEntryDialogProps) {
  const { t } = useTranslation('audit');
  const label = useAuditLabels();
  const { data: entry, error, refetch } = useQuery(auditLogQuery(id));
  const body = () => {
    if (error) return <ErrorState what={t('entry.title')} error={error} onRetry={() => void refetch()} />;
    if (!entry) return <LoadingRows />;
    return (
      <>
        <section className="grid grid-cols-1 gap-2">
          <h3 className="text-sm font-semibold">{t('changes.title')}</h3>
          <ChangesView before={entry.before} after={entry.after} />
        </section>
        <section className="grid grid-cols-1 gap-2">
          <h3 className="text-sm font-semibold">{t('entry.origin')}</h3>
          <Facts entry={entry} onFilter={onFilter} />
        </section>
      </>
    );
  };
  return (
    <Dialog
      wide
      open
      onOpenChange={onClose}
      title={entry ? label.action(entry.action) : t('entry.title')}
      description={
        entry ? (
          <span className="flex flex-wrap items-center gap-2">
            <Badge tone={actionTone(entry.action)}>{entry.action}</Badge>
            <span className="break-all">{label.actor(entry)}</span>
          </span>
        ) : null
      }
    >
      {body()}
    </Dialog>
  );
}

function Facts({ entry, onFilter }: { entry: Message['AuditLog']; onFilter: AuditEntryDialogProps['onFilter'] }) {
  const { t } = useTranslation('audit');
  const { dateTime, number } = useFormat();
  const label = useAuditLabels();
  const { request_id } = entry;
  return (
    <dl className="grid gap-x-4 gap-y-0 text-sm sm:grid-cols-[9rem_minmax(0,1fr)]">
      <Fact name={t('entry.time')}>
        <time dateTime={entry.occurred_at}>{dateTime(entry.occurred_at)}</time>
      </Fact>
      <Fact name={t('filters.actor')} copy={entry.actor_id}>
        {label.actor(entry)} ({t(`actor.${entry.actor_type}`)})
      </Fact>
      <Fact name={label.resource(entry.resource_type)} copy={entry.resource_id}>
        <code>{entry.resource_id ?? '–'}</code>
      </Fact>
      <Fact name={t('entry.address')}>{entry.ip ?? '–'}</Fact>
      <Fact name={t('entry.userAgent')}>{entry.user_agent ?? '–'}</Fact>
      <Fact name={t('entry.request')} copy={request_id}>
        <code>{request_id ?? '–'}</code>
        {request_id ? (
          <Button variant="link" size="sm" className="ml-2" onClick={() => onFilter({ request_id })}>
            {t('entry.sameRequest')}
          </Button>
        ) : null}
      </Fact>
      <Fact name={t('entry.id')} copy={entry.id}>
        <code>{entry.id}</code>
      </Fact>
      <Fact name={t('entry.sequence')}>{entry.sequence === null ? t('entry.unsealed') : number(entry.sequence)}</Fact>
      <Fact name={t('entry.hash')} copy={entry.hash}>
        <code>{entry.hash ?? '–'}</code>
      </Fact>
      {entry.erased_at ? (
        <Fact name={t('entry.erased')}>{t('entry.erasedAt', { time: dateTime(entry.erased_at) })}</Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, copy, children }: { name: string; copy?: string | null; children: ReactNode }) {
  return (
    <>
      <dt className="pt-1.5 text-muted-foreground">{name}</dt>
      <dd className="flex min-h-8 min-w-0 items-center justify-between gap-2">
        <span className="min-w-0 break-all [&_code]:text-xs">{children}</span>
        {copy ? <CopyButton text={copy} /> : null}
      </dd>
    </>
  );
}
