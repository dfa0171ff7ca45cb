import { everyItem } from '@coditect/api-client/api-client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Download, MonitorSmartphone } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { LiveBadge } from '#live/live-badge';
import { useLicenseNames } from '#seats/licenses-queries';
import { MOST_ROWS, type Session, sessionsQuery } from '#seats/sessions-queries';
import { useMay } from '#session/me';
import { Page } from '#shell/page';
import { type SearchChange, withSearch } from '#shell/search-params';
import { Button } from '#ui/button';
import { Card } from '#ui/card';
import { download } from '#ui/download';
import { Pager } from '#ui/pager';
import { EmptyState, ErrorState, LoadingRows } from '#ui/states';
import { toast } from '#ui/toast';
import { useActiveSessions } from './active-sessions.ts';
import { EndSession } from './end-session.tsx';
import { SessionDialog } from './session-dialog.tsx';
import { SessionsFilters } from './sessions-filters.tsx';
import type { SessionsSearch } from './sessions-search.ts';
import { SessionsTable } from './sessions-table.tsx';

const ENDED_PAGE = 100;
const MOST_EXPORTED = 10_000;
const route = getRouteApi('/_app/sessions');

/** The active sessions, or the ended ones. */
export function SessionsPage() {
  const { t } = useTranslation('sessions');
  const may = useMay();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [ending, setEnding] = useState<Session>();
  const change = useCallback(
    (next: SearchChange<SessionsSearch>, replace = false) =>
      void navigate({ search: (now) => withSearch(now, next), replace, resetScroll: false }),
    [navigate],
  );
  const filter = useCallback(
    (next: SearchChange<SessionsSearch>) => change({ offset: undefined, ...next }, 'q' in next),
    [change],
  );
  const list = useSessionList(search);
  const open = (id: string) => change({ id });
  return (
    <Page
      title={t('title')}
      description={may('license_session:read_all') ? t('description') : t('descriptionOwn')}
      actions={
        <>
          <LiveBadge />
          <ExportButton search={search} rows={list.rows} />
        </>
      }
    >
      <Card className="p-0">
        <SessionsFilters search={search} onChange={filter} />
        <Progress
          rows={list.loaded}
          total={list.loaded < list.total ? list.total : undefined}
          shown={list.rows.length}
        />
        {list.error ? (
          <ErrorState what={t('title')} error={list.error} onRetry={list.retry} />
        ) : list.pending ? (
          <LoadingRows rows={8} />
        ) : list.rows.length === 0 ? (
          <NoSessions
            filtered={search.q !== undefined || search.license !== undefined}
            ended={Boolean(search.status)}
            onReset={() => change({ q: undefined, license: undefined, offset: undefined })}
          />
        ) : (
          <SessionsTable
            rows={list.rows}
            licenseName={list.licenseName}
            ended={search.status !== undefined}
            sort={search.status ? '-started' : (search.sort ?? '-started')}
            {...(!search.status && { onSort: (sort) => change({ sort: sort === '-started' ? undefined : sort }) })}
            onOpen={open}
            onEnd={setEnding}
          />
        )}
        {search.status ? (
          <Pager
            count={list.total}
            limit={ENDED_PAGE}
            offset={search.offset ?? 0}
            onChange={(offset) => change({ offset: offset || undefined })}
          />
        ) : null}
      </Card>
      {search.id ? (
        <SessionDialog
          id={search.id}
          known={list.rows.find(({ id }) => id === search.id)}
          onClose={() => change({ id: undefined })}
          onEnd={(session) => {
            change({ id: undefined });
            setEnding(session);
          }}
        />
      ) : null}
      <EndSession session={ending} onClose={() => setEnding(undefined)} />
    </Page>
  );
}

/** The list that the URL asks for: the active sessions, filtered in the browser, or one page of the ended ones. */
function useSessionList({ status, license, q, offset }: SessionsSearch) {
  const licenseName = useLicenseNames();
  const active = useActiveSessions(status === undefined);
  const ended = useQuery({
    ...sessionsQuery(endedSessions({ status, license, q, offset })),
    enabled: status !== undefined,
  });
  const { rows } = active;
  const filtered = useMemo(() => {
    const wanted = q?.trim().toLowerCase() ?? '';
    return rows.filter(
      (row) =>
        (license === undefined || row.license_id === license) &&
        (wanted === '' ||
          [row.user.name, row.user.email, row.machine_id, row.id].some((text) => text.toLowerCase().includes(wanted))),
    );
  }, [rows, license, q]);
  if (status === undefined)
    return {
      rows: filtered,
      loaded: rows.length,
      total: active.total,
      licenseName,
      pending: active.pending,
      error: active.error,
      retry: active.retry,
    };
  const page = ended.data?.results ?? [];
  return {
    rows: page,
    loaded: ended.data?.count ?? 0,
    total: ended.data?.count ?? 0,
    licenseName,
    pending: ended.isPending,
    error: ended.data ? null : ended.error,
    retry: () => void ended.refetch(),
  };
}

function endedSessions({ status, license, q, offset }: Pick<SessionsSearch, 'status' | 'license' | 'q' | 'offset'>) {
  return {
    ...(status && { status }),
    ...(q && { search: q }),
    ...(license && { license_id: license }),
    limit: ENDED_PAGE,
    offset: offset ?? 0,
    ordering: '-started_at' as const,
  };
}

/** How much of the list has loaded, and how much of it matches the filters. */
function Progress({ rows, total, shown }: { rows: number; total: number | undefined; shown: number }) {
  const { t } = useTranslation('sessions');
  const { number } = useFormat();
  return (
    <p role="status" className="border-b px-4 pb-3 text-xs text-muted-foreground tabular-nums">
      {total === undefined
        ? t('count', { count: shown, shown: number(shown) })
        : t('loading', { rows: number(rows), total: number(total) })}
    </p>
  );
}

function NoSessions({ filtered, ended, onReset }: { filtered: boolean; ended: boolean; onReset: () => void }) {
  const { t } = useTranslation('sessions');
  if (filtered)
    return (
      <EmptyState
        icon={MonitorSmartphone}
        title={t('empty.filtered')}
        action={
          <Button variant="outline" onClick={onReset}>
            {t('empty.reset')}
          </Button>
        }
      />
    );
  return (
    <EmptyState icon={MonitorSmartphone} title={ended ? t('empty.ended') : t('empty.active')}>
      {ended ? null : t('empty.text')}
    </EmptyState>
  );
}

/** Exports the filtered list: all pages of ended sessions, not only the visible one. */
function ExportButton({ search, rows }: { search: SessionsSearch; rows: Session[] }) {
  const { t } = useTranslation('sessions');
  const client = useQueryClient();
  const problemText = useProblemText();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const all: Session[] = search.status ? [] : rows;
      if (search.status) {
        const pages = everyItem((offset) =>
          client.fetchQuery(sessionsQuery({ ...endedSessions({ ...search, offset }), limit: MOST_ROWS })),
        );
        for await (const row of pages) if (all.push(row) >= MOST_EXPORTED) break;
      }
      const { sessionsCsv } = await import('./sessions-csv.ts');
      download(sessionsCsv(all), `sessions-${new Date().toISOString().slice(0, 10)}.csv`);
      toast({ text: t('exported', { count: all.length }) });
    } catch (error) {
      toast({ text: problemText(error), tone: 'danger' });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="outline" busy={busy} disabled={rows.length === 0} onClick={() => void save()}>
      <Download aria-hidden />
      {t('export')}
    </Button>
  );
}
