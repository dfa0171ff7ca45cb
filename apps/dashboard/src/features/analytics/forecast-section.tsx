import { useQuery } from '@tanstack/react-query';
import { CalendarClock } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '#i18n/format';
import type { Message } from '#session/api';
import { Badge } from '#ui/badge';
import { Card, CardHeader } from '#ui/card';
import { Select } from '#ui/input';
import { EmptyState } from '#ui/states';
import { forecastQuery, usageQuery } from './analytics-queries.ts';
import { horizons } from './analytics-search.ts';
import { useAnalyticsSearch, useNow } from './analytics-state.ts';
import { Answer } from './answer.tsx';
import { ChartCard } from './chart-card.tsx';
import type { ForecastDatum } from './charts.tsx';
import type { Column } from './column.ts';
import { ChartPlace, ForecastChart } from './lazy-charts.tsx';
import { periodOf } from './period.ts';
import { type TimeFormat, useSeats, useTimeFormat } from './time-format.ts';

type Forecast = Message['Forecast'];

/** The expected daily peaks, after those of the last month. */
export function ForecastSection({ license }: { license: Message['License'] }) {
  const { t } = useTranslation('analytics');
  const [{ horizon = 30 }] = useAnalyticsSearch();
  const period = periodOf({ range: '30d', bucket: 'day' }, useNow());
  const past = useQuery(usageQuery({ license: license.id, period }));
  const query = useQuery(forecastQuery(license.id, horizon));
  return (
    <Answer query={query}>
      {(forecast) =>
        forecast.insufficient_data ? (
          <Card>
            <CardHeader title={t('forecast.title')} />
            <EmptyState icon={CalendarClock} title={t('forecast.insufficientTitle')}>
              {t('forecast.insufficient', { count: forecast.history_days })}
            </EmptyState>
          </Card>
        ) : (
          <ForecastOf forecast={forecast} past={past.data?.series ?? []} />
        )
      }
    </Answer>
  );
}

function ForecastOf({ forecast, past }: { forecast: Forecast; past: Message['Usage']['series'] }) {
  const { t } = useTranslation('analytics');
  const [{ horizon = 30 }, change] = useAnalyticsSearch();
  const data = dataOf(forecast, past);
  const seats = useSeats();
  const [first, last] = [data[0]!.at, data.at(-1)!.at];
  const time = useTimeFormat('day', { from: first, to: last });
  const legend = [
    { label: t('columns.past'), color: 'var(--chart-1)' },
    { label: t('columns.expected'), color: 'var(--chart-3)' },
    { label: t('forecast.band80'), color: 'var(--chart-3)', opacity: 0.45 },
    { label: t('forecast.band95'), color: 'var(--chart-3)', opacity: 0.2 },
    { label: t('columns.seats'), color: 'var(--chart-4)' },
  ];
  return (
    <ChartCard
      title={t('forecast.title')}
      hint={t('forecast.hint')}
      file={`forecast-${forecast.days[0]!.date}`}
      columns={useForecastColumns(time)}
      rows={data}
      legend={legend}
      actions={
        <Select
          aria-label={t('forecast.horizon')}
          className="h-8 w-auto"
          value={horizon}
          onChange={({ target }) => change({ horizon: target.value === '30' ? undefined : Number(target.value) })}
        >
          {horizons.map((days) => (
            <option key={days} value={days}>
              {t('forecast.days', { count: days })}
            </option>
          ))}
        </Select>
      }
      note={
        <>
          <Exhaustion forecast={forecast} time={time} />
          <p className="mt-2">
            {t('forecast.method')}: {forecast.method ? t(`forecast.methods.${forecast.method}`) : '–'},{' '}
            {t('forecast.madeFrom', { count: forecast.history_days })}
          </p>
        </>
      }
    >
      <ChartPlace>
        <ForecastChart
          label={t('forecast.title')}
          data={data}
          time={time}
          tip={({ at, past: peak, expected, band80, band95, seats: bought }) => {
            const band = (range: [number, number] | null) => range && `${seats(range[0])} – ${seats(range[1])}`;
            const texts = [peak === null ? null : seats(peak), expected === null ? null : seats(expected)];
            const values = [...texts, band(band80), band(band95), seats(bought)];
            return {
              title: time.full(at),
              values: legend.flatMap((entry, i) => (values[i] ? [{ ...entry, value: values[i] }] : [])),
            };
          }}
        />
      </ChartPlace>
    </ChartCard>
  );
}

const ROOMY = 'rounded-lg px-2.5 py-1 text-sm whitespace-normal';

/** When the seats will run out, if they will. */
function Exhaustion({ forecast, time }: { forecast: Forecast; time: TimeFormat }) {
  const { t } = useTranslation('analytics');
  const format = useFormat();
  const { expected, earliest } = forecast.days_until_exhausted;
  const dateIn = (days: number) => forecast.days[days]!.date;
  const dayBefore = (days: number) => format.relative(dateIn(days), new Date(dateIn(0)));
  return (
    <div className="flex flex-wrap items-center gap-2 text-sm text-foreground">
      {expected === null ? (
        <Badge tone={earliest === null ? 'success' : 'info'} className={ROOMY}>
          {t('forecast.never', { days: forecast.days.length })}
        </Badge>
      ) : (
        <Badge tone="warning" className={ROOMY}>
          {expected === 0
            ? t('forecast.exhaustedToday')
            : t('forecast.exhausted', { date: time.full(dateIn(expected)), relative: dayBefore(expected) })}
        </Badge>
      )}
      {earliest !== null && (expected === null || earliest < expected) ? (
        <span>{t('forecast.earliest', { date: time.full(dateIn(earliest)) })}</span>
      ) : null}
    </div>
  );
}

function useForecastColumns(time: TimeFormat): Column<ForecastDatum>[] {
  const { t } = useTranslation('analytics');
  const seats = useSeats();
  const column = (
    id: string,
    label: string,
    value: (datum: ForecastDatum) => number | null,
  ): Column<ForecastDatum> => ({
    id,
    label,
    value,
    numeric: true,
    text: (datum) => {
      const number = value(datum);
      return number === null ? '–' : seats(number);
    },
  });
  return [
    { id: 'date', label: t('columns.day'), value: ({ at }) => at.slice(0, 10), text: ({ at }) => time.full(at) },
    column('peak', t('columns.past'), ({ past }) => past),
    column('expected', t('columns.expected'), ({ expected }) => expected),
    column('lower_80', t('columns.lower80'), ({ band80 }) => band80?.[0] ?? null),
    column('upper_80', t('columns.upper80'), ({ band80 }) => band80?.[1] ?? null),
    column('lower_95', t('columns.lower95'), ({ band95 }) => band95?.[0] ?? null),
    column('upper_95', t('columns.upper95'), ({ band95 }) => band95?.[1] ?? null),
    column('seats_total', t('columns.seats'), ({ seats: bought }) => bought),
  ];
}

/** The whole days of the past, then the forecast, which starts today. */
function dataOf({ days, seats_total }: Forecast, past: Message['Usage']['series']): ForecastDatum[] {
  const nothing = { expected: null, band80: null, band95: null };
  const today = days[0]!.date;
  return [
    ...past
      .filter(({ starts_at }) => starts_at.slice(0, 10) < today)
      .map(({ starts_at, peak, seats_total: seats }) => ({ at: starts_at, past: peak, ...nothing, seats })),
    ...days.map(({ date, expected, lower_80, upper_80, lower_95, upper_95 }) => ({
      at: date,
      past: null,
      expected,
      seats: seats_total,
      band80: [lower_80, upper_80] as [number, number],
      band95: [lower_95, upper_95] as [number, number],
    })),
  ];
}
