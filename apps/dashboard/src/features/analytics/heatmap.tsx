import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '#session/api';
import type { Scale } from './png.ts';
import { useSeats } from './time-format.ts';

export type Cell = Message['Heatmap']['cells'][number];

const HOURS = 24;
const [WIDTH, HEIGHT, GAP] = [28, 26, 2];
const [LEFT, TOP] = [44, 20];
const SHADES = [0.08, 0.31, 0.54, 0.77, 1];
const COLOR = 'var(--chart-1)';
/** A Monday: the first one of 2024. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

/** Returns names of weekdays and hours in the reader's language. */
export function useHours() {
  const { i18n } = useTranslation();
  return useMemo(() => {
    const format = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(i18n.language, { timeZone: 'UTC', ...options });
    const [short, long, time] = [
      format({ weekday: 'short' }),
      format({ weekday: 'long' }),
      format({ hour: '2-digit', minute: '2-digit' }),
    ];
    return {
      weekday: ({ weekday }: Pick<Cell, 'weekday'>, length: 'short' | 'long') =>
        (length === 'short' ? short : long).format(MONDAY + (weekday - 1) * DAY_MS),
      hour: (hour: number) => time.format(MONDAY + hour * 60 * 60 * 1000),
    };
  }, [i18n.language]);
}

const highOf = (cells: readonly Cell[], measure: 'mean' | 'peak') =>
  Math.max(...cells.map((cell) => cell[measure] ?? 0));

/** The legend of the colors. */
export function useScale(cells: readonly Cell[], measure: 'mean' | 'peak'): Scale {
  const { t } = useTranslation('analytics');
  const seats = useSeats();
  return {
    low: `${t(`heatmap.${measure}`)}: 0`,
    high: seats(highOf(cells, measure)),
    color: COLOR,
    opacities: SHADES,
  };
}

/** The hours of a week as a grid (WAI-ARIA grid pattern): one tab stop, and arrow keys from hour to hour. The text
 *  below describes the hour that is hovered or focused. */
export function Heatmap({ cells, measure }: { cells: Cell[]; measure: 'mean' | 'peak' }) {
  const { t } = useTranslation('analytics');
  const { weekday, hour } = useHours();
  const seats = useSeats();
  const grid = useRef<SVGSVGElement>(null);
  const [focused, setFocused] = useState(0);
  const [shown, setShown] = useState<number>();
  const high = highOf(cells, measure);

  const text = (cell: Cell) => {
    const at = { weekday: weekday(cell, 'long'), from: hour(cell.hour), to: hour((cell.hour + 1) % HOURS) };
    if (cell.mean === null || cell.peak === null) return t('heatmap.cellUnknown', at);
    return t('heatmap.cell', { ...at, mean: seats(cell.mean), peak: seats(cell.peak) });
  };
  const move = (event: KeyboardEvent) => {
    const row = Math.floor(focused / HOURS) * HOURS;
    const next = {
      ArrowLeft: Math.max(focused - 1, row),
      ArrowRight: Math.min(focused + 1, row + HOURS - 1),
      ArrowUp: focused - HOURS,
      ArrowDown: focused + HOURS,
      Home: row,
      End: row + HOURS - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (!cells[next]) return;
    setFocused(next);
    grid.current?.querySelector<SVGElement>(`[data-cell="${next}"]`)?.focus();
  };
  const days = Array.from({ length: cells.length / HOURS }, (_, day) => cells.slice(day * HOURS, (day + 1) * HOURS));
  return (
    <>
      <div className="-m-1 overflow-x-auto p-1">
        <svg
          ref={grid}
          role="grid"
          tabIndex={-1}
          aria-label={t('heatmap.title')}
          viewBox={`0 0 ${LEFT + HOURS * WIDTH} ${TOP + days.length * HEIGHT}`}
          className="w-full min-w-[36rem]"
          onKeyDown={move}
          onMouseLeave={() => setShown(undefined)}
        >
          {/* Hidden from screen readers: each cell is labelled with its hour. */}
          <g aria-hidden fill="var(--muted-foreground)" fontSize={11}>
            {[0, 3, 6, 9, 12, 15, 18, 21].map((at) => (
              <text key={at} x={LEFT + (at + 0.5) * WIDTH} y={TOP - 8} textAnchor="middle">
                {String(at).padStart(2, '0')}
              </text>
            ))}
          </g>
          {days.map((day, row) => (
            <g key={row} role="row" fill="var(--muted-foreground)" fontSize={11}>
              <text role="rowheader" x={0} y={TOP + (row + 0.5) * HEIGHT} dominantBaseline="central">
                {weekday(day[0]!, 'short')}
              </text>
              {day.map((cell, at) => {
                const index = row * HOURS + at;
                const value = cell[measure];
                return (
                  <rect
                    key={at}
                    role="gridcell"
                    aria-label={text(cell)}
                    data-cell={index}
                    tabIndex={index === focused ? 0 : -1}
                    x={LEFT + at * WIDTH}
                    y={TOP + row * HEIGHT}
                    width={WIDTH - GAP}
                    height={HEIGHT - GAP}
                    rx={3}
                    fill={value === null ? 'none' : COLOR}
                    fillOpacity={value === null ? undefined : shade(value, high)}
                    stroke={value === null ? 'var(--border)' : index === shown ? 'var(--foreground)' : 'none'}
                    strokeDasharray={value === null ? '2 2' : undefined}
                    onMouseEnter={() => setShown(index)}
                    onFocus={() => {
                      setFocused(index);
                      setShown(index);
                    }}
                    onBlur={() => setShown(undefined)}
                  />
                );
              })}
            </g>
          ))}
        </svg>
      </div>
      <div className="mt-3 flex flex-wrap items-center justify-between gap-x-6 gap-y-2 text-xs text-muted-foreground">
        {/* Hidden from screen readers: the cell itself has the same text. */}
        <p aria-hidden data-testid="hour" className="min-h-4">
          {shown === undefined ? t('heatmap.pick') : text(cells[shown]!)}
        </p>
        <div
          role="img"
          aria-label={t('heatmap.legend', { low: 0, high: seats(high) })}
          className="flex items-center gap-1"
        >
          <span aria-hidden>0</span>
          {SHADES.map((opacity) => (
            <span key={opacity} aria-hidden className="size-3 rounded-xs bg-chart-1" style={{ opacity }} />
          ))}
          <span aria-hidden>{seats(high)}</span>
        </div>
      </div>
    </>
  );
}

function shade(value: number, high: number): number {
  const [low = 0, full = 1] = [SHADES[0], SHADES.at(-1)];
  return high > 0 ? low + (full - low) * (value / high) : low;
}
