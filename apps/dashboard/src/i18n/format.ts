import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats dates, times and numbers for a language. Times are in the time zone of the browser. */
export function formatters(language: string) {
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const number = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const list = new Intl.ListFormat(language);
  return {
    date: (value: string | Date) => date.format(new Date(value)),
    dateTime: (value: string | Date) => dateTime.format(new Date(value)),
    number: (value: number) => number.format(value),
    percent: (share: number) => percent.format(share),
    list: (items: string[]) => list.format(items),
    /** For example `3 minutes ago` or `in 2 days`. */
    relative: (value: string | Date, now: Date = new Date()): string => {
      const seconds = (new Date(value).getTime() - now.getTime()) / 1000;
      const distance = Math.abs(seconds);
      if (distance < MINUTE) return relative.format(Math.round(seconds), 'second');
      if (distance < HOUR) return relative.format(Math.round(seconds / MINUTE), 'minute');
      if (distance < DAY) return relative.format(Math.round(seconds / HOUR), 'hour');
      return relative.format(Math.round(seconds / DAY), 'day');
    },
    /** A countdown such as `4:05` or `1:02:09`; 0:00 when the time is up. */
    countdown: (seconds: number): string => {
      const left = Math.max(0, Math.floor(seconds));
      const two = (n: number) => String(n).padStart(2, '0');
      const hours = Math.floor(left / HOUR);
      const minutes = Math.floor((left % HOUR) / MINUTE);
      return hours > 0 ? `${hours}:${two(minutes)}:${two(left % MINUTE)}` : `${minutes}:${two(left % MINUTE)}`;
    },
  };
}
export type Formatters = ReturnType<typeof formatters>;

export function useFormat(): Formatters {
  const { i18n } = useTranslation();
  return useMemo(() => formatters(i18n.language), [i18n.language]);
}
