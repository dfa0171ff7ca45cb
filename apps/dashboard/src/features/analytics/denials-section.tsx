import { useQuery } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import { optionalText } from '#i18n/optional-text';
import type { Message } from '#session/api';
import { Card } from '#ui/card';
import { EmptyState } from '#ui/states';
import { denialsQuery } from './analytics-queries.ts';
import { useAnalyticsSearch, usePeriod } from './analytics-state.ts';
import { Answer } from './answer.tsx';
import { ChartCard } from './chart-card.tsx';
import type { Column } from './column.ts';
import { ChartPlace, DenialsChart } from './lazy-charts.tsx';
import { daysOf, filled } from './period.ts';
import { useTimeFormat } from './time-format.ts';

type Report = Message['DenialReport'];
interface Counts {
  denials: number;
  attempts: number;
}

/** Refused acquires: over time, by reason and by user. */
export function DenialsSection() {
  const { t } = useTranslation('analytics');
  const [{ license }] = useAnalyticsSearch();
  const { period } = usePeriod();
  const query = useQuery(denialsQuery({ license, period }));
  return (
    <Answer query={query}>
      {(report) =>
        report.attempts === 0 ? (
          <Card>
            <EmptyState icon={ShieldCheck} title={t('denials.emptyTitle')}>
              {t('denials.empty')}
            </EmptyState>
          </Card>
        ) : (
          <div className="grid grid-cols-1 gap-6">
            <DenialsOverTime report={report} />
            <div className="grid grid-cols-1 items-start gap-6 xl:grid-cols-2">
              <DenialsByReason report={report} />
              <DenialsByUser report={report} />
            </div>
          </div>
        )
      }
    </Answer>
  );
}

function useCounts<Row extends Counts>(): Column<Row>[] {
  const { t } = useTranslation('analytics');
  const { number } = useFormat();
  return (['denials', 'attempts'] as const).map((id) => ({
    id,
    label: t(`columns.${id}`),
    numeric: true,
    value: (row) => row[id],
    text: (row) => number(row[id]),
  }));
}

function DenialsOverTime({ report }: { report: Report }) {
  const { t } = useTranslation('analytics');
  const { number } = useFormat();
  const { period, now } = usePeriod();
  const time = useTimeFormat(report.bucket, period);
  const rows = filled(report.series, period, report.bucket, now).map(({ starts_at, point }) => ({
    at: starts_at,
    denials: point?.denials ?? 0,
    attempts: point?.attempts ?? 0,
  }));
  type Row = (typeof rows)[number];
  const counts = useCounts<Row>();
  const { from, to } = daysOf(period);
  const legend = { label: t('columns.denials'), color: 'var(--chart-5)' };
  return (
    <ChartCard
      title={t('denials.title')}
      hint={t('denials.hint', { denials: number(report.denials), count: report.attempts })}
      file={`denials-${from}-${to}`}
      columns={[
        { id: 'starts_at', label: t('columns.time'), value: ({ at }) => at, text: ({ at }) => time.full(at) },
        ...counts,
      ]}
      rows={rows}
      legend={[legend]}
    >
      <ChartPlace>
        <DenialsChart
          label={t('denials.title')}
          data={rows}
          time={time}
          tip={(row) => ({
            title: time.full(row.at),
            values: [
              { ...legend, value: number(row.denials) },
              { label: t('columns.attempts'), color: 'transparent', value: number(row.attempts) },
            ],
          })}
        />
      </ChartPlace>
    </ChartCard>
  );
}

type ReasonRow = Report['by_reason'][number] & { share: number };

const shareOf = ({ share }: ReasonRow) => <Share share={share} />;

function Share({ share }: { share: number }) {
  const { percent } = useFormat();
  return (
    <span className="mt-1.5 flex items-center gap-2 text-xs text-muted-foreground">
      <span aria-hidden className="h-1.5 w-24 overflow-hidden rounded-full bg-muted">
        <span className="block h-full bg-chart-5" style={{ width: `${share * 100}%` }} />
      </span>
      {percent(share)}
    </span>
  );
}

function DenialsByReason({ report }: { report: Report }) {
  const { t } = useTranslation('analytics');
  const counts = useCounts<ReasonRow>();
  const { from, to } = daysOf(usePeriod().period);
  const nameOf = (reason: string) => optionalText('analytics', `reasons.${reason}`) ?? reason;
  return (
    <ChartCard
      title={t('denials.byReason')}
      file={`denials-by-reason-${from}-${to}`}
      columns={[
        {
          id: 'reason',
          label: t('columns.reason'),
          value: ({ reason }) => reason,
          text: ({ reason }) => nameOf(reason),
        },
        ...counts,
      ]}
      rows={report.by_reason.map((row) => ({ ...row, share: row.attempts / report.attempts }))}
      extra={shareOf}
    />
  );
}

const emailOf = ({ user }: Report['by_user'][number]) =>
  user.email ? <span className="block text-xs text-muted-foreground">{user.email}</span> : null;

function DenialsByUser({ report }: { report: Report }) {
  const { t } = useTranslation('analytics');
  const counts = useCounts<Report['by_user'][number]>();
  const { from, to } = daysOf(usePeriod().period);
  return (
    <ChartCard
      title={t('denials.byUser')}
      hint={t('denials.byUserHint')}
      file={`denials-by-person-${from}-${to}`}
      columns={[
        {
          id: 'email',
          label: t('columns.user'),
          value: ({ user }) => user.email,
          text: ({ user }) => user.name ?? t('denials.removed'),
        },
        ...counts,
      ]}
      rows={report.by_user}
      extra={emailOf}
    />
  );
}
