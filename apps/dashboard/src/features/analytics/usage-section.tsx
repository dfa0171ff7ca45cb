import { useQuery } from '@tanstack/react-query';
import { ChartSpline } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { Card } from '#ui/card';
import { EmptyState } from '#ui/states';
import { licensesQuery, usageQuery } from './analytics-queries.ts';
import { useAnalyticsSearch, usePeriod } from './analytics-state.ts';
import { Answer } from './answer.tsx';
import { ChartCard } from './chart-card.tsx';
import type { Column } from './column.ts';
import { type Figure, Figures } from './figures.tsx';
import { ChartPlace, UsageChart } from './lazy-charts.tsx';
import { daysOf, filled } from './period.ts';
import { useSeats, useTimeFormat } from './time-format.ts';

type Point = Message['Usage']['series'][number];

/** Seats in use over time, compared to the seats bought. */
export function UsageSection() {
  const { t } = useTranslation('analytics');
  const [{ license }] = useAnalyticsSearch();
  const { period, now } = usePeriod();
  const query = useQuery(usageQuery({ license, period }));
  const several = (useQuery(licensesQuery).data?.count ?? 0) > 1 && !license;
  return (
    <Answer query={query}>
      {({ series, bucket }) =>
        series.length === 0 ? (
          <Card>
            <EmptyState icon={ChartSpline} title={t('usage.emptyTitle')}>
              {t('usage.empty')}
            </EmptyState>
          </Card>
        ) : (
          <div className="grid grid-cols-1 gap-6">
            <UsageFigures series={series} />
            <UsageOverTime rows={filled(series, period, bucket, now)} bucket={bucket} several={several} />
          </div>
        )
      }
    </Answer>
  );
}

function UsageFigures({ series }: { series: Point[] }) {
  const { t } = useTranslation('analytics');
  const { number, percent } = useFormat();
  const seats = useSeats();
  const highest = series.reduce((best, point) => (point.peak > best.peak ? point : best));
  const sum = (value: (point: Point) => number) => series.reduce((total, point) => total + value(point), 0);
  const [mean, bought] = [
    sum((point) => point.mean) / series.length,
    sum((point) => point.seats_total) / series.length,
  ];
  const figures: Figure[] = [
    {
      label: t('figures.peak'),
      value: number(highest.peak),
      hint: t('figures.peakOf', { seats: number(highest.seats_total) }),
    },
    {
      label: t('figures.mean'),
      value: seats(mean),
      hint: bought > 0 && t('figures.meanOf', { share: percent(mean / bought) }),
    },
    { label: t('figures.acquires'), value: number(sum((point) => point.acquires)) },
    { label: t('figures.denials'), value: number(sum((point) => point.denials)), hint: t('figures.denialsHint') },
  ];
  return <Figures figures={figures} label={t('figures.label')} />;
}

interface UsageOverTimeProps {
  rows: { starts_at: string; point: Point | undefined }[];
  bucket: Message['Usage']['bucket'];
  several: boolean;
}

function UsageOverTime({ rows, bucket, several }: UsageOverTimeProps) {
  const { t } = useTranslation('analytics');
  const { period } = usePeriod();
  const time = useTimeFormat(bucket, period);
  const seats = useSeats();
  const legend = [
    { label: t('columns.peak'), color: 'var(--chart-1)' },
    { label: t('columns.mean'), color: 'var(--chart-2)' },
    { label: t('columns.seats'), color: 'var(--chart-4)' },
  ];
  const value = (id: Exclude<keyof Point, 'starts_at'>, label: string): Column<(typeof rows)[number]> => ({
    id,
    label,
    numeric: true,
    value: ({ point }) => point?.[id] ?? null,
    text: ({ point }) => (point ? seats(point[id]) : '–'),
  });
  const columns = [
    {
      id: 'starts_at',
      label: t('columns.time'),
      value: (row: (typeof rows)[number]) => row.starts_at,
      text: (row: (typeof rows)[number]) => time.full(row.starts_at),
    },
    value('peak', t('columns.peak')),
    value('mean', t('columns.mean')),
    value('seats_total', t('columns.seats')),
    value('acquires', t('columns.acquires')),
    value('denials', t('columns.denials')),
    value('unique_users', t('columns.users')),
    value('unique_machines', t('columns.machines')),
  ];
  const { from, to } = daysOf(period);
  return (
    <ChartCard
      title={t('usage.title')}
      hint={t('usage.hint')}
      file={`usage-${from}-${to}`}
      columns={columns}
      rows={rows}
      legend={legend}
      note={several ? t('usage.added') : null}
    >
      <ChartPlace>
        <UsageChart
          label={t('usage.title')}
          data={rows.map(({ starts_at, point }) => ({
            at: starts_at,
            peak: point?.peak ?? null,
            mean: point?.mean ?? null,
            seats: point?.seats_total ?? null,
          }))}
          time={time}
          tip={({ at, peak, mean, seats: bought }) => ({
            title: time.full(at),
            values: [peak, mean, bought].map((amount, i) => ({
              ...legend[i]!,
              value: amount === null ? t('chart.unknown') : seats(amount),
            })),
          })}
        />
      </ChartPlace>
    </ChartCard>
  );
}
