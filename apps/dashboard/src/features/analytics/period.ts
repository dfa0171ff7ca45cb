import { bucketMs, buckets, MAX_HEATMAP_DAYS, MAX_POINTS } from '@coditect/contracts/names';
import type { Message } from '#session/api';

export type Bucket = Message['Usage']['bucket'];
export const ranges = ['24h', '7d', '30d', '90d', 'custom'] as const;
export type Range = (typeof ranges)[number];

export const DAY_MS = bucketMs.day;
const RANGE_DAYS = { '24h': 1, '7d': 7, '30d': 30, '90d': 90 } as const;

// Limits of the API (docs/analytics.md).
const SAMPLES_KEPT_DAYS = 35;

/** A time range for the API, `to` excluded, and the bucket length of its chart. */
export interface Period {
  from: string;
  to: string;
  bucket: Bucket;
  /** The bucket lengths that the API allows for this range. */
  buckets: Bucket[];
}

interface Wanted {
  range?: Range;
  from?: string;
  to?: string;
  bucket?: Bucket;
}

/** Whole hours or days, up to the end of the one that contains `now` (in ms). Days are UTC days, as in the API. */
export function periodOf(wanted: Wanted, now: number): Period {
  const { range = '30d' } = wanted;
  if (range === 'custom') return customPeriod(wanted, now);
  const lengthMs = RANGE_DAYS[range] * DAY_MS;
  const allowed = allowedBuckets(now - lengthMs, lengthMs, now);
  const bucket = chosenBucket(wanted.bucket, allowed, lengthMs);
  // Ranges with five-minute buckets end on a full hour, so that the axes show full hours.
  const unit = Math.max(bucketMs[bucket], bucketMs.hour);
  const to = Math.ceil((now + 1) / unit) * unit;
  return { from: iso(to - lengthMs), to: iso(to), bucket, buckets: allowed };
}

function customPeriod({ from, to, bucket }: Wanted, now: number): Period {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const last = to === undefined ? today : Date.parse(to);
  const first = from === undefined ? last - 29 * DAY_MS : Date.parse(from);
  const end = Math.max(first, last) + DAY_MS;
  const start = Math.max(Math.min(first, last), end - MAX_HEATMAP_DAYS * DAY_MS);
  const allowed = allowedBuckets(start, end - start, now);
  return { from: iso(start), to: iso(end), bucket: chosenBucket(bucket, allowed, end - start), buckets: allowed };
}

function allowedBuckets(from: number, lengthMs: number, now: number): Bucket[] {
  return buckets.filter(
    (bucket) =>
      lengthMs <= MAX_POINTS * bucketMs[bucket] &&
      (bucket !== 'day' || lengthMs > DAY_MS) &&
      (bucket !== '5m' || from > now - SAMPLES_KEPT_DAYS * DAY_MS),
  );
}

function chosenBucket(wanted: Bucket | undefined, allowed: Bucket[], lengthMs: number): Bucket {
  const usual = lengthMs <= DAY_MS ? '5m' : lengthMs <= 14 * DAY_MS ? 'hour' : 'day';
  return (
    allowed.find((bucket) => bucket === wanted) ?? allowed.find((bucket) => bucket === usual) ?? allowed[0] ?? 'day'
  );
}

/** The first and last day of a period, as date inputs need them. */
export function daysOf({ from, to }: Pick<Period, 'from' | 'to'>): { from: string; to: string } {
  return { from: from.slice(0, 10), to: iso(Date.parse(to) - 1).slice(0, 10) };
}

/** The last days of a period, at most `days` of them. */
export function lastDays({ from, to }: Period, days: number): { from: string; to: string } {
  return { from: iso(Math.max(Date.parse(from), Date.parse(to) - days * DAY_MS)), to };
}

/** The buckets of a period that have started. A bucket without samples has no point. */
export function filled<Point extends { starts_at: string }>(
  points: readonly Point[],
  { from, to }: Pick<Period, 'from' | 'to'>,
  bucket: Bucket,
  now: number,
): { starts_at: string; point: Point | undefined }[] {
  const known = new Map(points.map((point) => [Date.parse(point.starts_at), point]));
  const end = Math.min(Date.parse(to), now);
  const all = [];
  for (let at = Date.parse(from); at < end; at += bucketMs[bucket])
    all.push({ starts_at: iso(at), point: known.get(at) });
  return all;
}

const iso = (at: number) => new Date(at).toISOString();
