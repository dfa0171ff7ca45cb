import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Select } from '#ui/input';
import { heatmapQuery } from './analytics-queries.ts';
import { useAnalyticsSearch, usePeriod } from './analytics-state.ts';
import { Answer } from './answer.tsx';
import { ChartCard } from './chart-card.tsx';
import type { Column } from './column.ts';
import { type Cell, Heatmap, useHours, useScale } from './heatmap.tsx';
import { daysOf } from './period.ts';
import { useSeats } from './time-format.ts';

/** Returns the time zone of the browser if the API knows its name. */
function readersTimeZone(): string {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\//.test(zone)
    ? zone
    : 'UTC';
}

/** Seats in use by weekday and hour. Renders nothing without samples: the usage chart above says so. */
export function HeatmapSection() {
  const [{ license }] = useAnalyticsSearch();
  const { period } = usePeriod();
  const query = useQuery(heatmapQuery({ license, period }, readersTimeZone()));
  return (
    <Answer query={query}>
      {({ cells, time_zone: zone }) =>
        cells.some(({ mean }) => mean !== null) ? <BusyHours cells={cells} zone={zone} /> : null
      }
    </Answer>
  );
}

function BusyHours({ cells, zone }: { cells: Cell[]; zone: string }) {
  const { t } = useTranslation('analytics');
  const [{ measure = 'mean' }, change] = useAnalyticsSearch();
  const { period } = usePeriod();
  const { weekday, hour } = useHours();
  const seats = useSeats();
  const scale = useScale(cells, measure);
  const value = (id: 'mean' | 'peak'): Column<Cell> => ({
    id,
    label: t(`columns.${id}`),
    numeric: true,
    value: (cell) => cell[id],
    text: (cell) => (cell[id] === null ? '–' : seats(cell[id])),
  });
  const columns: Column<Cell>[] = [
    {
      id: 'weekday',
      label: t('columns.weekday'),
      value: (cell) => cell.weekday,
      text: (cell) => weekday(cell, 'long'),
    },
    { id: 'hour', label: t('columns.hour'), value: (cell) => cell.hour, text: (cell) => hour(cell.hour) },
    value('mean'),
    value('peak'),
  ];
  const { from, to } = daysOf(period);
  return (
    <ChartCard
      title={t('heatmap.title')}
      hint={t('heatmap.hint', { zone })}
      file={`busy-hours-${from}-${to}`}
      columns={columns}
      rows={cells}
      scale={scale}
      actions={
        <Select
          aria-label={t('heatmap.measure')}
          className="h-8 w-auto"
          value={measure}
          onChange={({ target }) => change({ measure: target.value === 'peak' ? 'peak' : undefined })}
        >
          <option value="mean">{t('heatmap.mean')}</option>
          <option value="peak">{t('heatmap.peak')}</option>
        </Select>
      }
    >
      <Heatmap cells={cells} measure={measure} />
    </ChartCard>
  );
}
