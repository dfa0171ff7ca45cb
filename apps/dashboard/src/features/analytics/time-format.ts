import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type Bucket, DAY_MS } from './period.ts';

/** Formats the start of a bucket. Days are UTC days; shorter buckets are in the time zone of the browser. */
export function timeFormat(language: string, bucket: Bucket, lengthMs: number) {
  const isShort = lengthMs <= 2 * DAY_MS;
  const utcDay = { timeZone: 'UTC', day: 'numeric', month: 'short' } as const;
  const [tick, full] =
    bucket === 'day'
      ? [utcDay, { ...utcDay, weekday: 'short', year: 'numeric' } as const]
      : [
          isShort
            ? ({ hour: '2-digit', minute: '2-digit' } as const)
            : ({ weekday: 'short', day: 'numeric', month: 'short' } as const),
          { dateStyle: 'medium', timeStyle: 'short' } as const,
        ];
  const formats = [new Intl.DateTimeFormat(language, tick), new Intl.DateTimeFormat(language, full)] as const;
  return {
    /** Whether an axis may label it: every day, every full hour, or every local midnight. */
    isTick: (at: string) =>
      bucket === 'day' || (new Date(at).getMinutes() === 0 && (isShort || new Date(at).getHours() === 0)),
    /** Formats a time as the label of an axis. */
    tick: (at: string) => formats[0].format(new Date(at)),
    full: (at: string) => formats[1].format(new Date(at)),
  };
}
export type TimeFormat = ReturnType<typeof timeFormat>;

export function useTimeFormat(bucket: Bucket, { from, to }: { from: string; to: string }): TimeFormat {
  const { i18n } = useTranslation();
  const lengthMs = Date.parse(to) - Date.parse(from);
  return useMemo(() => timeFormat(i18n.language, bucket, lengthMs), [i18n.language, bucket, lengthMs]);
}

/** Formats a number of seats with at most one decimal. */
export function useSeats(): (seats: number) => string {
  const { i18n } = useTranslation();
  return useMemo(() => {
    const format = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
    return (seats) => format.format(seats);
  }, [i18n.language]);
}
