import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_basic,
  sortFn_text,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, ArrowUpDown } from 'lucide-react';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '#seats/sessions-queries';
import { Button } from '#ui/button';
import { cn } from '#ui/class-names';
import { useMayEnd } from './end-session.tsx';
import { Ago, Lease, SessionBadge, shortMachine } from './lease.tsx';
import { type SessionSort, type SortColumn, sortColumns } from './sessions-search.ts';

const ROW_PX = 52;
const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic, text: sortFn_text },
});
const column = createColumnHelper<typeof features, Session>();

interface SessionsTableProps {
  rows: Session[];
  /** Returns the name of a license. */
  licenseName: (id: string) => string;
  sort: SessionSort;
  /** Without it the rows keep their order. */
  onSort?: (sort: SessionSort) => void;
  /** Ended sessions have no lease. */
  ended: boolean;
  onOpen: (id: string) => void;
  onEnd: (session: Session) => void;
}

/** A table of sessions. Only the visible rows are in the document, so that 10,000 scroll as smoothly as ten. */
export function SessionsTable(props: SessionsTableProps) {
  const { rows: data, licenseName, sort, onSort, ended, onOpen, onEnd } = props;
  const { t } = useTranslation('sessions');
  const mayEnd = useMayEnd();
  const columns = useMemo(
    () =>
      column.columns([
        column.accessor((row) => row.user.name, { id: 'who', sortFn: 'text' }),
        column.accessor('machine_id', { id: 'machine', sortFn: 'basic' }),
        column.accessor((row) => licenseName(row.license_id), { id: 'license', sortFn: 'text' }),
        column.accessor('seat_no', { id: 'seat', sortFn: 'basic' }),
        // ISO timestamps of the same form sort as text.
        column.accessor('started_at', { id: 'started', sortFn: 'basic' }),
        column.accessor('last_heartbeat_at', { id: 'heartbeat', sortFn: 'basic' }),
        column.accessor('lease_expires_at', { id: 'lease', sortFn: 'basic' }),
      ]),
    [licenseName],
  );
  const [id, desc] = [sort.replace(/^-/, ''), sort.startsWith('-')];
  const table = useTable({
    features,
    columns,
    data,
    getRowId: (row) => row.id,
    manualSorting: !onSort,
    state: { sorting: useMemo(() => [{ id, desc }], [id, desc]) },
  });
  const { rows } = table.getRowModel();
  const scroller = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- it is about the React compiler, which does not run here
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const seen = virtual.getVirtualItems();
  const [above, below] = [seen[0]?.start ?? 0, virtual.getTotalSize() - (seen.at(-1)?.end ?? 0)];

  return (
    <div
      ref={scroller}
      role="region"
      aria-label={t('title')}
      tabIndex={0}
      className="max-h-[70dvh] overflow-auto [overflow-anchor:none]"
    >
      {/* The padding takes the place of the rows that are not in the document. */}
      <div style={{ paddingTop: above, paddingBottom: below }}>
        <table aria-rowcount={rows.length + 1} className="w-full min-w-[58rem] table-fixed text-sm">
          <thead className="sticky top-0 z-10 bg-surface text-left text-xs text-muted-foreground shadow-[inset_0_-1px_0_var(--border)]">
            <tr aria-rowindex={1}>
              {sortColumns.map((name) => (
                <Heading
                  key={name}
                  name={name}
                  label={ended && name === 'lease' ? t('columns.ended') : t(`columns.${name}`)}
                  sort={sort}
                  onSort={onSort}
                />
              ))}
              <th scope="col" className="w-20 px-3 py-2.5">
                <span className="sr-only">{t('columns.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {seen.map(({ index }) => {
              const row = rows[index];
              return row ? (
                <tr
                  key={row.id}
                  aria-rowindex={index + 2}
                  className="border-b hover:bg-muted/50"
                  style={{ height: ROW_PX }}
                >
                  <SessionCells session={row.original} license={licenseName(row.original.license_id)} onOpen={onOpen} />
                  <td className="px-3 text-right">
                    {mayEnd(row.original) ? (
                      <Button
                        variant="outline"
                        size="sm"
                        aria-label={t('end.of', { name: row.original.user.name, seat: row.original.seat_no })}
                        onClick={() => onEnd(row.original)}
                      >
                        {t('end.short')}
                      </Button>
                    ) : null}
                  </td>
                </tr>
              ) : null;
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface SessionCellsProps {
  session: Session;
  license: string;
  onOpen: (id: string) => void;
}

function SessionCells({ session, license, onOpen }: SessionCellsProps) {
  const active = session.status === 'active';
  return (
    <>
      <td className="px-3">
        <button
          type="button"
          onClick={() => onOpen(session.id)}
          className="block max-w-full truncate text-left font-medium text-link underline-offset-4 hover:underline"
        >
          {session.user.name}
        </button>
        <span className="block truncate text-xs text-muted-foreground">{session.user.email}</span>
      </td>
      <td className="px-3">
        <code className="text-xs" title={session.machine_id}>
          {shortMachine(session.machine_id)}
        </code>
      </td>
      <td className="truncate px-3" title={license}>
        {license}
      </td>
      <td className="px-3 tabular-nums">{session.seat_no}</td>
      <td className="truncate px-3 text-muted-foreground">
        <Ago at={session.started_at} />
      </td>
      <td className="truncate px-3 text-muted-foreground">
        <Ago at={session.last_heartbeat_at} />
      </td>
      <td className="px-3">{active ? <Lease session={session} /> : <SessionBadge status={session.status} />}</td>
    </>
  );
}

interface HeadingProps {
  name: SortColumn;
  label: string;
  sort: SessionSort;
  onSort: ((sort: SessionSort) => void) | undefined;
}

const WIDTHS: Partial<Record<SortColumn, string>> = {
  who: 'w-[20%]',
  machine: 'w-24',
  seat: 'w-20',
  started: 'w-32',
  heartbeat: 'w-34',
  lease: 'w-26',
};

function Heading({ name, label, sort, onSort }: HeadingProps) {
  const [up, down] = [sort === name, sort === `-${name}`];
  const Icon = up ? ArrowUp : down ? ArrowDown : ArrowUpDown;
  return (
    <th
      scope="col"
      aria-sort={onSort ? (up ? 'ascending' : down ? 'descending' : 'none') : undefined}
      className={cn('px-3 py-2.5 font-medium whitespace-nowrap', WIDTHS[name])}
    >
      {onSort ? (
        <button
          type="button"
          className="inline-flex min-h-6 items-center gap-1 rounded hover:text-foreground"
          onClick={() => onSort(up ? `-${name}` : name)}
        >
          {label}
          <Icon className={cn('size-3', !up && !down && 'opacity-50')} aria-hidden />
        </button>
      ) : (
        label
      )}
    </th>
  );
}
