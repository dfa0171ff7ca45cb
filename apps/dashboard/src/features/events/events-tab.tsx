import { eventResources, eventTypes, eventTypesOf } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ChevronRight, Radio } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { oneOf } from '#shell/search-params';
import { Button } from '#ui/button';
import { Card, CardHeader } from '#ui/card';
import { CodeBlock } from '#ui/code-block';
import { Field } from '#ui/field';
import { Input, Select } from '#ui/input';
import { EmptyState, ErrorState, LoadingRows } from '#ui/states';
import { eventsQuery } from './events-queries.ts';

const route = getRouteApi('/_app/developers/');

/** The events in order, as a program reads them: after the last one that it has read. */
export function EventsTab() {
  const { t } = useTranslation('developers');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, isPending, isFetching, refetch } = useQuery(eventsQuery(search));
  const show = (after: number | undefined, type = search.type) =>
    void navigate({ search: { tab: 'events', ...(after && { after }), ...(type && { type }) } });
  const rows = () => {
    if (isPending) return <LoadingRows />;
    if (error) return <ErrorState what={t('tabs.events')} error={error} onRetry={() => void refetch()} />;
    if (data.results.length === 0)
      return (
        <EmptyState icon={Radio} title={t(search.after ? 'events.noMore' : 'events.empty')}>
          {search.after ? null : t('events.emptyText')}
        </EmptyState>
      );
    return (
      <ol aria-label={t('tabs.events')} className="divide-y">
        {data.results.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </ol>
    );
  };
  return (
    <Card className="p-0">
      <div className="p-5 pb-1">
        <CardHeader
          title={t('tabs.events')}
          hint={t('events.hint')}
          actions={
            <Button variant="outline" size="sm" busy={isFetching} onClick={() => void refetch()}>
              {t('events.refresh')}
            </Button>
          }
        />
        <div className="mb-4 flex flex-wrap gap-3">
          <Field label={t('events.type')}>
            <Select
              value={search.type ?? ''}
              onChange={({ target }) => show(undefined, oneOf(eventTypes, target.value))}
            >
              <option value="">{t('events.anyType')}</option>
              {eventResources.map((group) => (
                <optgroup key={group} label={t(`eventGroups.${group}`)}>
                  {eventTypesOf[group].map((type) => (
                    <option key={type}>{type}</option>
                  ))}
                </optgroup>
              ))}
            </Select>
          </Field>
          <After key={search.after ?? 0} after={search.after ?? 0} onChange={show} />
        </div>
      </div>
      <div className="border-t">{rows()}</div>
      {data?.has_more || search.after ? (
        <div className="flex justify-end gap-2 border-t px-5 py-3">
          <Button variant="outline" size="sm" disabled={!search.after} onClick={() => show(undefined)}>
            {t('events.first')}
          </Button>
          <Button
            variant="outline"
            size="sm"
            disabled={!data?.has_more}
            onClick={() => data && show(data.last_sequence)}
          >
            {t('events.next')}
            <ChevronRight aria-hidden />
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

/** @param after sequence of the event before the first one listed */
function After({ after, onChange }: { after: number; onChange: (after: number) => void }) {
  const { t } = useTranslation('developers');
  const [typed, setTyped] = useState(String(after));
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(Number(typed));
      }}
    >
      <Field label={t('events.after')}>
        <Input
          type="number"
          min={0}
          step={1}
          value={typed}
          className="w-32 tabular-nums"
          onChange={({ target }) => setTyped(target.value)}
        />
      </Field>
      <Button type="submit" variant="outline">
        {t('events.go')}
      </Button>
    </form>
  );
}

function EventRow({ event }: { event: Message['Event'] }) {
  const { t } = useTranslation('developers');
  const { dateTime, relative } = useFormat();
  return (
    <li>
      <details className="group">
        <summary className="flex min-h-11 cursor-pointer list-none flex-wrap items-center gap-x-4 gap-y-1 px-5 py-2 text-sm -outline-offset-2 hover:bg-muted/50">
          <ChevronRight
            aria-hidden
            className="size-4 text-muted-foreground transition-transform group-open:rotate-90"
          />
          <span className="w-14 text-muted-foreground tabular-nums">#{event.sequence}</span>
          <code className="min-w-0 flex-1 text-xs font-medium break-all">{event.type}</code>
          <time
            dateTime={event.timestamp}
            title={dateTime(event.timestamp)}
            className="text-xs whitespace-nowrap text-muted-foreground"
          >
            {relative(event.timestamp)}
          </time>
        </summary>
        <div className="px-5 pb-4">
          <CodeBlock text={JSON.stringify(event, null, 2)} label={t('events.payload', { sequence: event.sequence })} />
        </div>
      </details>
    </li>
  );
}
