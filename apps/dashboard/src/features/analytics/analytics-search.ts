import { buckets } from '@coditect/contracts/names';
import { given, oneOf, someCount, someDay, someId } from '#shell/search-params';
import { type Bucket, type Range, ranges } from './period.ts';

export const views = ['usage', 'denials', 'planning'] as const;
export type View = (typeof views)[number];
export const horizons = [14, 30, 60, 90] as const;

/** The part of the page's state that is in the URL. A parameter that is missing has its usual value. */
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

export function analyticsSearch(search: { [Name in keyof AnalyticsSearch]?: unknown }): AnalyticsSearch {
  return given({
    view: oneOf(views, search.view),
    license: someId(search.license),
    range: oneOf(ranges, search.range),
    from: someDay(search.from),
    to: someDay(search.to),
    bucket: oneOf(buckets, search.bucket),
    measure: oneOf(['peak'], search.measure),
    horizon: oneOf(horizons, search.horizon),
    seats: someCount(search.seats),
  });
}
