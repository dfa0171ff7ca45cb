import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { Badge } from '#ui/badge';
import { actionTone } from './audit-actions.ts';
import { shortId, useAuditLabels } from './audit-labels.ts';
import type { AuditSearch } from './audit-search.ts';

interface AuditEntriesProps {
  entries: Message['AuditLog'][];
  onFilter: (change: Partial<AuditSearch>) => void;
}

/** The entries as a list. A click on an actor, action or resource filters by it. */
export function AuditEntries({ entries, onFilter }: AuditEntriesProps) {
  const { t } = useTranslation('audit');
  return (
    <ul aria-label={t('entries')} className="divide-y">
      {entries.map((entry) => (
        <Entry key={entry.id} entry={entry} onFilter={onFilter} />
      ))}
    </ul>
  );
}

function Entry({ entry, onFilter }: { entry: Message['AuditLog']; onFilter: AuditEntriesProps['onFilter'] }) {
  const { t } = useTranslation('audit');
  const { dateTime, relative } = useFormat();
  const label = useAuditLabels();
  const { actor_id, action, resource_type, resource_id } = entry;
  const actor = label.actor(entry);
  const resource = `${label.resource(resource_type)}${resource_id ? ` ${shortId(resource_id)}` : ''}`;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 px-5 py-2 hover:bg-muted/50 lg:grid-cols-[minmax(0,13rem)_minmax(0,1fr)_minmax(0,14rem)_minmax(0,11rem)_auto]">
      <div className="order-1 min-w-0">
        <FilterButton label={t('filterBy', { value: label.action(action) })} onClick={() => onFilter({ action })}>
          <Badge tone={actionTone(action)} className="max-w-full">
            <span className="truncate">{label.action(action)}</span>
          </Badge>
        </FilterButton>
      </div>
      <div className="order-3 flex min-w-0 items-center gap-2 text-sm max-lg:col-span-2 lg:order-2">
        {actor_id ? (
          <FilterButton label={t('filterBy', { value: actor })} onClick={() => onFilter({ actor_id })}>
            <span className="truncate font-medium">{actor}</span>
          </FilterButton>
        ) : (
          <span className="truncate text-muted-foreground">{actor}</span>
        )}
        {entry.actor_type === 'user' ? null : <Badge>{t(`actor.${entry.actor_type}`)}</Badge>}
      </div>
      <div className="order-4 min-w-0 text-sm text-muted-foreground max-lg:col-span-2 lg:order-3">
        <FilterButton
          label={t('filterBy', { value: resource })}
          onClick={() => onFilter({ resource_type, resource_id: resource_id ?? undefined })}
        >
          <span className="truncate">{resource}</span>
        </FilterButton>
      </div>
      <div className="order-5 min-w-0 text-xs text-muted-foreground max-lg:col-span-2 lg:order-4">
        <time dateTime={entry.occurred_at} title={dateTime(entry.occurred_at)} className="block tabular-nums">
          {relative(entry.occurred_at)}
        </time>
        <span className="block truncate">{entry.ip ?? t('noAddress')}</span>
      </div>
      <Link
        from="/audit"
        to="."
        search={(before: AuditSearch) => ({ ...before, id: entry.id })}
        preload={false}
        aria-label={t('details', { action: label.action(action), actor, time: dateTime(entry.occurred_at) })}
        className="order-2 grid size-8 place-items-center rounded-lg text-muted-foreground hover:bg-muted lg:order-5"
      >
        <ChevronRight className="size-4" aria-hidden />
      </Link>
    </li>
  );
}

function FilterButton({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="inline-flex min-h-6 max-w-full min-w-0 items-center rounded-md text-left underline-offset-4 hover:underline"
    >
      {children}
    </button>
  );
}
