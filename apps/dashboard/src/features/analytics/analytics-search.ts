import { type Bucket, type Range, buckets, ranges } from './period.ts';

export const views = ['usage', 'denials', 'planning'] as const;
export type View = (typeof views)[number];
export const horizons = [14, 30, 60, 90] as const;

/** What of the page is in the URL. What is left out is the usual. */
export interface AnalyticsSearch {
  view?: View;
  /** Id of the license; else all of them together. */
  license?: string;
  range?: Range;
  /** First and last day of a custom range, in UTC: `2026-11-22`. */
  from?: string;
  to?: string;
  bucket?: Bucket;
  /** What the heatmap shows; else the mean. */
  measure?: 'peak';
  /** Days that are forecast; else 30. */
  horizon?: number;
  /** What if there were so many. */
  seats?: number;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const isDate = (value: unknown): value is string =>
  typeof value === 'string' && DATE.test(value) && !Number.isNaN(Date.parse(value));
const isOneOf = <T extends string | number>(values: readonly T[], value: unknown): value is T =>
  (values as readonly unknown[]).includes(value);

export function analyticsSearch(search: { [K in keyof AnalyticsSearch]?: unknown }): AnalyticsSearch {
  const { view, license, range, from, to, bucket, measure, horizon, seats } = search;
  return {
    ...(isOneOf(views, view) && { view }),
    ...(typeof license === 'string' && { license }),
    ...(isOneOf(ranges, range) && { range }),
    ...(isDate(from) && { from }),
    ...(isDate(to) && { to }),
    ...(isOneOf(buckets, bucket) && { bucket }),
    ...(measure === 'peak' && { measure }),
    ...(isOneOf(horizons, horizon) && { horizon }),
    ...(Number.isInteger(seats) && (seats as number) >= 0 && { seats: seats as number }),
  };
}
