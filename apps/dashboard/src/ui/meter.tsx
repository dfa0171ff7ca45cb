import { cn } from './class-names.ts';

interface MeterProps {
  /** What is measured, for screen readers. */
  label: string;
  value: number;
  max: number;
  className?: string;
}

/** How much of a quota is used: blue, amber from 90 %, red at 100 %. */
export function Meter({ label, value, max, className }: MeterProps) {
  const share = max > 0 ? Math.min(value / max, 1) : 0;
  const color = share >= 1 ? 'bg-danger' : share >= 0.9 ? 'bg-warning' : 'bg-primary';
  return (
    <div
      role="meter"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={max}
      className={cn('h-2 overflow-hidden rounded-full bg-muted', className)}
    >
      <div className={cn('h-full rounded-full transition-[width]', color)} style={{ width: `${share * 100}%` }} />
    </div>
  );
}
