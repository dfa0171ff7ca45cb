import { z } from 'zod';
import { Id, Moment, numberOfDigits, Timestamp } from './common.js';
import { example } from './examples.js';
import {
  bucketMs,
  buckets,
  forecastMethods,
  MAX_HEATMAP_DAYS,
  MAX_HORIZON_DAYS,
  MAX_POINTS,
  MAX_WHAT_IF_DAYS,
  MAX_WHAT_IF_SEATS,
} from './names.js';

export const Bucket = z.enum(buckets);
export type Bucket = z.infer<typeof Bucket>;

const range = {
  from: Moment.meta({ description: 'Start of the range, inclusive, RFC 3339', example: example.then }),
  to: Moment.meta({ description: 'End of the range, exclusive, RFC 3339', example: example.now }),
};
interface Range {
  from: string;
  to: string;
}
const lengthMs = ({ from, to }: Range) => Date.parse(to) - Date.parse(from);
const isInOrder = (query: Range) => lengthMs(query) > 0;
const outOfOrder = { path: ['to'], message: 'must be later than from' };
const isAtMost = (days: number) => (query: Range) => lengthMs(query) <= days * bucketMs.day;
const tooLong = (days: number) => ({ path: ['to'], message: `must be at most ${days} days after from` });
const hasFewPoints = (query: Range & { bucket: Bucket }) => lengthMs(query) <= MAX_POINTS * bucketMs[query.bucket];
const tooManyPoints = {
  path: ['bucket'],
  message: `the range has more than ${MAX_POINTS} of these buckets: take longer ones or a shorter range`,
};

const OneLicense = Id.meta({ example: example.licenseId });
const SomeLicense = OneLicense.optional().meta({
  description: 'Only this license. Without it, all licenses are added up',
});

const series = z
  .strictObject({ license_id: SomeLicense, ...range, bucket: Bucket.default('hour') })
  .refine(isInOrder, outOfOrder)
  .refine(hasFewPoints, tooManyPoints);

export const UsageQuery = series;
export type UsageQuery = z.infer<typeof UsageQuery>;
export const DenialQuery = series;
export type DenialQuery = z.infer<typeof DenialQuery>;

export const UsagePoint = z
  .object({
    starts_at: Timestamp,
    peak: z.int().meta({ description: 'Most seats in use at once' }),
    mean: z.number().meta({ description: 'Seats in use, averaged over time' }),
    seats_total: z.int().meta({ description: 'Seats bought, at the end of the bucket' }),
    acquires: z.int(),
    denials: z.int().meta({ description: 'Refused acquires. Retries of one user count once' }),
    unique_users: z.int(),
    unique_machines: z.int(),
  })
  .meta({ id: 'UsagePoint', examples: [usagePointExample()] });
export type UsagePoint = z.infer<typeof UsagePoint>;

export const Usage = z
  .object({
    bucket: Bucket,
    series: z.array(UsagePoint).meta({ description: 'Oldest first. A bucket that was never sampled is left out' }),
  })
  .meta({ id: 'Usage', examples: [{ bucket: 'hour', series: [usagePointExample()] }] });
export type Usage = z.infer<typeof Usage>;

const counts = {
  denials: z.int().meta({ description: 'Retries of one user count once' }),
  attempts: z.int().meta({ description: 'Every refused acquire, retries included' }),
};

export const DenialReport = z
  .object({
    bucket: Bucket,
    ...counts,
    series: z
      .array(z.object({ starts_at: Timestamp, ...counts }))
      .meta({ description: 'Oldest first. A bucket without a refused acquire is left out' }),
    by_reason: z
      .array(z.object({ reason: z.string().meta({ description: 'The code of the refusal' }), ...counts }))
      .meta({ description: 'The most frequent first' }),
    by_user: z
      .array(
        z.object({
          user: z.object({ id: Id, email: z.string().nullable(), name: z.string().nullable() }).meta({
            description: 'Without name and address if the user was removed',
          }),
          ...counts,
        }),
      )
      .meta({ description: 'The ten users with the most denials' }),
  })
  .meta({
    id: 'DenialReport',
    examples: [
      {
        bucket: 'day',
        denials: 4,
        attempts: 9,
        series: [{ starts_at: '2026-11-20T00:00:00.000Z', denials: 4, attempts: 9 }],
        by_reason: [
          { reason: 'no_seats_available', denials: 3, attempts: 8 },
          { reason: 'entitlement_missing', denials: 1, attempts: 1 },
        ],
        by_user: [
          { user: { id: example.userId, email: example.email, name: 'Ada Lovelace' }, denials: 4, attempts: 9 },
        ],
      },
    ],
  });
export type DenialReport = z.infer<typeof DenialReport>;

const NO_ZONE = 'must be the name of a time zone, as in Europe/Berlin';
const AREA = '(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)';

/** A name of the IANA time zone database. Abbreviations and offsets are refused: CST, for one, means several zones. */
const TimeZone = z
  .string()
  .max(64)
  .regex(new RegExp(`^(UTC|Etc/UTC|Etc/GMT([+-]\\d{1,2})?|${AREA}/[A-Za-z0-9_+/-]+)$`), { abort: true, error: NO_ZONE })
  .refine(isKnownZone, NO_ZONE);

function isKnownZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const HeatmapQuery = z
  .strictObject({
    license_id: SomeLicense,
    ...range,
    time_zone: TimeZone.default('UTC').meta({ description: 'IANA name', example: 'Europe/Berlin' }),
  })
  .refine(isInOrder, outOfOrder)
  .refine(isAtMost(MAX_HEATMAP_DAYS), tooLong(MAX_HEATMAP_DAYS));
export type HeatmapQuery = z.infer<typeof HeatmapQuery>;

const HeatmapCell = z.object({
  weekday: z.int().min(1).max(7).meta({ description: 'ISO 8601: 1 is Monday' }),
  hour: z.int().min(0).max(23),
  peak: z.int().nullable().meta({ description: 'Most seats in use at once; null if never sampled' }),
  mean: z.number().nullable().meta({ description: 'Seats in use, averaged over time' }),
});

export const Heatmap = z
  .object({
    time_zone: z.string(),
    cells: z.array(HeatmapCell).meta({ description: 'All 168 hours of the week, Monday 00:00 first' }),
  })
  .meta({
    id: 'Heatmap',
    examples: [{ time_zone: 'Europe/Berlin', cells: [{ weekday: 1, hour: 0, peak: 2, mean: 0.75 }] }],
  });
export type Heatmap = z.infer<typeof Heatmap>;

export const ForecastQuery = z.strictObject({
  license_id: OneLicense,
  horizon_days: z
    .preprocess(numberOfDigits, z.int().min(1).max(MAX_HORIZON_DAYS).default(30))
    .meta({ description: 'Days to look ahead. Today is the first' }),
});
export type ForecastQuery = z.infer<typeof ForecastQuery>;

const ForecastPoint = z.object({
  date: z.iso.date().meta({ description: 'A day of UTC' }),
  expected: z.number().meta({
    description: 'Peak of seats in use. Not capped: a value above the seats bought means that more are needed',
  }),
  lower_80: z.number(),
  upper_80: z.number(),
  lower_95: z.number(),
  upper_95: z.number(),
});

export const Forecast = z
  .object({
    license_id: Id,
    seats_total: z.int(),
    insufficient_data: z
      .boolean()
      .meta({ description: 'True if fewer than 14 whole days are known. Then there is no forecast' }),
    history_days: z.int().meta({ description: 'How many whole days the forecast is based on' }),
    method: z.enum(forecastMethods).nullable(),
    days: z.array(ForecastPoint),
    days_until_exhausted: z
      .object({
        expected: z.int().nullable().meta({ description: 'Days until the expected peak takes every seat. 0 is today' }),
        earliest: z.int().nullable().meta({ description: 'The same for the upper 80 % bound' }),
      })
      .meta({ description: 'null if not within the horizon' }),
  })
  .meta({
    id: 'Forecast',
    examples: [
      {
        license_id: example.licenseId,
        seats_total: 25,
        insufficient_data: false,
        history_days: 120,
        method: 'damped_holt_winters',
        days: [{ date: '2026-11-22', expected: 18.4, lower_80: 16.1, upper_80: 20.7, lower_95: 14.9, upper_95: 21.9 }],
        days_until_exhausted: { expected: null, earliest: 17 },
      },
    ],
  });
export type Forecast = z.infer<typeof Forecast>;

export const WhatIfQuery = z
  .strictObject({
    license_id: OneLicense,
    seats: z
      .preprocess(numberOfDigits, z.int().min(0).max(MAX_WHAT_IF_SEATS))
      .meta({ description: 'The number of seats to replay the range with', example: 30 }),
    ...range,
  })
  .refine(isInOrder, outOfOrder)
  .refine(isAtMost(MAX_WHAT_IF_DAYS), tooLong(MAX_WHAT_IF_DAYS));
export type WhatIfQuery = z.infer<typeof WhatIfQuery>;

export const WhatIf = z
  .object({
    license_id: Id,
    seats: z.int(),
    seats_total: z.int().meta({ description: 'Seats that the license has now' }),
    recorded: z
      .object({ sessions: z.int(), denials: z.int() })
      .meta({ description: 'What happened: license sessions, and denials because all seats were in use' }),
    denials: z.int().meta({ description: 'The sum of denials_remaining and sessions_refused' }),
    denials_remaining: z.int().meta({ description: 'Recorded denials that would still have happened' }),
    sessions_refused: z.int().meta({ description: 'Recorded license sessions that would have been refused' }),
    peak: z.int().meta({ description: 'Most seats in use at once with this number of seats' }),
    seats_needed: z.int().meta({ description: 'The lowest number of seats with no denial' }),
    assumed_session_seconds: z.int().meta({
      description: 'How long a refused user is assumed to have needed the seat: the median length of a license session',
    }),
  })
  .meta({
    id: 'WhatIf',
    examples: [
      {
        license_id: example.licenseId,
        seats: 30,
        seats_total: 25,
        recorded: { sessions: 812, denials: 14 },
        denials: 2,
        denials_remaining: 2,
        sessions_refused: 0,
        peak: 30,
        seats_needed: 32,
        assumed_session_seconds: 9_420,
      },
    ],
  });
export type WhatIf = z.infer<typeof WhatIf>;

function usagePointExample() {
  return {
    starts_at: '2026-11-20T08:00:00.000Z',
    peak: 19,
    mean: 14.25,
    seats_total: 25,
    acquires: 23,
    denials: 0,
    unique_users: 21,
    unique_machines: 22,
  };
}
