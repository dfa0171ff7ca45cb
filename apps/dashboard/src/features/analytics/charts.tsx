import type { ReactElement } from 'react';
import {
  Area,
  Bar,
  BarChart,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { LegendEntry } from './png.ts';
import type { TimeFormat } from './time-format.ts';

/** Charts are never animated, so that new data appears at once for all users. */
const STILL = { isAnimationActive: false } as const;
const TICK = { fontSize: 12, fill: 'var(--muted-foreground)' };
const AXIS = { tick: TICK, tickLine: false, axisLine: false } as const;
const HEIGHT = 280;
const MAX_TICKS = 12;

interface ChartProps<Datum> {
  /** Description for screen readers, which also get a table. */
  label: string;
  data: Datum[];
  time: TimeFormat;
  /** Heading and values of the tooltip of a datum. */
  tip: (datum: Datum) => TipContent;
}
interface TipContent {
  title: string;
  values: (LegendEntry & { value: string })[];
}
interface At {
  at: string;
}

export interface UsageDatum extends At {
  peak: number | null;
  mean: number | null;
  seats: number | null;
}
export interface DenialsDatum extends At {
  denials: number;
  /** The number of refused attempts. Only the tooltip shows it. */
  attempts: number;
}
export interface ForecastDatum extends At {
  past: number | null;
  expected: number | null;
  band80: [number, number] | null;
  band95: [number, number] | null;
  seats: number;
}

/** Seats in use over time: an area for the peak, a line for the mean, and a line for the seats bought. */
export function UsageChart(props: ChartProps<UsageDatum>) {
  const few = props.data.filter(({ peak }) => peak !== null).length < 3;
  return (
    <Frame>
      <ComposedChart data={props.data} margin={MARGIN} title={props.label}>
        {axes(props)}
        <Area
          {...STILL}
          dataKey="peak"
          stroke="var(--chart-1)"
          strokeWidth={1.5}
          fill="var(--chart-1)"
          fillOpacity={0.2}
          dot={few}
        />
        <Line {...STILL} dataKey="mean" stroke="var(--chart-2)" strokeWidth={1.5} dot={few} />
        <Line
          {...STILL}
          dataKey="seats"
          stroke="var(--chart-4)"
          strokeWidth={1.5}
          strokeDasharray="6 4"
          type="stepAfter"
          dot={few}
        />
      </ComposedChart>
    </Frame>
  );
}

export function DenialsChart(props: ChartProps<DenialsDatum>) {
  return (
    <Frame>
      <BarChart data={props.data} margin={MARGIN} title={props.label}>
        {axes(props)}
        <Bar {...STILL} dataKey="denials" fill="var(--chart-5)" radius={[3, 3, 0, 0]} maxBarSize={28} />
      </BarChart>
    </Frame>
  );
}

/** The past as measured, the expected values, and their prediction intervals. */
export function ForecastChart(props: ChartProps<ForecastDatum>) {
  return (
    <Frame>
      <ComposedChart data={props.data} margin={MARGIN} title={props.label}>
        {axes(props)}
        <Area {...STILL} dataKey="band95" stroke="none" fill="var(--chart-3)" fillOpacity={0.15} activeDot={false} />
        <Area {...STILL} dataKey="band80" stroke="none" fill="var(--chart-3)" fillOpacity={0.3} activeDot={false} />
        <Line {...STILL} dataKey="past" stroke="var(--chart-1)" strokeWidth={1.5} dot={false} />
        <Line {...STILL} dataKey="expected" stroke="var(--chart-3)" strokeWidth={2} dot={false} />
        <Line {...STILL} dataKey="seats" stroke="var(--chart-4)" strokeWidth={1.5} strokeDasharray="6 4" dot={false} />
      </ComposedChart>
    </Frame>
  );
}

const MARGIN = { top: 8, right: 8, bottom: 0, left: 0 };

const Frame = ({ children }: { children: ReactElement }) => (
  <ResponsiveContainer width="100%" height={HEIGHT}>
    {children}
  </ResponsiveContainer>
);

/** Grid, axes and tooltip. A function that returns elements, not a component: recharts inspects the type of its
 *  children. */
function axes<Datum extends At>({ data, time, tip }: ChartProps<Datum>) {
  const all = data.map(({ at }) => at).filter((at) => time.isTick(at));
  const ticks = all.filter((_, i) => i % Math.ceil(all.length / MAX_TICKS) === 0);
  return (
    <>
      <CartesianGrid vertical={false} stroke="var(--border)" />
      <XAxis
        {...AXIS}
        dataKey="at"
        ticks={ticks}
        tickFormatter={time.tick}
        interval="preserveStart"
        minTickGap={28}
        tickMargin={8}
      />
      <YAxis {...AXIS} width={36} allowDecimals={false} domain={[0, 'auto']} />
      <Tooltip
        isAnimationActive={false}
        cursor={{ stroke: 'var(--muted-foreground)', fill: 'var(--muted)', fillOpacity: 0.6 }}
        content={({ active, payload }) => {
          const datum: Datum | undefined = payload[0]?.payload;
          return active && datum ? <Tip {...tip(datum)} /> : null;
        }}
      />
    </>
  );
}

const Tip = ({ title, values }: TipContent) => (
  <div className="rounded-lg border bg-raised px-3 py-2 text-xs shadow-lg">
    <p className="mb-1 font-medium">{title}</p>
    <dl className="grid grid-cols-[auto_auto_auto] items-center gap-x-2 gap-y-0.5">
      {values.map(({ label, color, opacity, value }) => (
        <div key={label} className="contents">
          <span aria-hidden className="size-2 rounded-xs" style={{ background: color, opacity }} />
          <dt className="text-muted-foreground">{label}</dt>
          <dd className="text-right tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  </div>
);
