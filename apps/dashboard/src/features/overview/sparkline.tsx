interface SparklineProps {
  /** Description for screen readers. */
  label: string;
  points: readonly { at: number; value: number }[];
  /** Value of the reference line: the seats bought. */
  limit: number;
}

const [WIDTH, HEIGHT, PAD] = [300, 64, 3];

/** A curve without axes. Drawn by hand, because the chart library is too large for the first page. */
export function Sparkline({ label, points, limit }: SparklineProps) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const top = Math.max(limit, ...points.map(({ value }) => value), 1);
  const x = (at: number) => ((at - first.at) / Math.max(last.at - first.at, 1)) * WIDTH;
  const y = (value: number) => HEIGHT - PAD - (value / top) * (HEIGHT - 2 * PAD);
  const line = points.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' L');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-16 w-full"
    >
      <path d={`M0,${HEIGHT} L${line} L${x(last.at)},${HEIGHT} Z`} className="fill-primary-soft" />
      <path d={`M${line}`} className="fill-none stroke-chart-1" strokeWidth={2} vectorEffect="non-scaling-stroke" />
      <path
        d={`M0,${y(limit)} L${WIDTH},${y(limit)}`}
        className="fill-none stroke-muted-foreground"
        strokeDasharray="4 4"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
