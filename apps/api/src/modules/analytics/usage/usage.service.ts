import { Injectable } from '@nestjs/common';
import type { Heatmap, HeatmapQuery, Usage, UsagePoint, UsageQuery } from '@coditect/contracts/analytics';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { currentTenant } from '#platform/request-context';
import { licenseCondition } from '../denials/analyzed-license.js';
import { SAMPLES_KEPT_DAYS } from './usage-retention.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const WEEK = Array.from({ length: 7 * 24 }, (_, hour) => ({ weekday: Math.floor(hour / 24) + 1, hour: hour % 24 }));

/** The table of each bucket length, with its columns for start and number of samples. */
const stored = {
  '5m': { table: Prisma.sql`usage_samples`, time: Prisma.sql`sampled_at`, samples: Prisma.sql`1` },
  hour: { table: Prisma.sql`usage_hours`, time: Prisma.sql`starts_at`, samples: Prisma.sql`samples` },
  day: { table: Prisma.sql`usage_days`, time: Prisma.sql`starts_at`, samples: Prisma.sql`samples` },
};

type PointRow = Omit<UsagePoint, 'starts_at'> & { starts_at: Date };

/** Reads the sampled use of licenses. */
@Injectable()
export class UsageService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Returns the buckets of a time range. Without `license_id`, adds up all licenses.
   *  @throws ProblemError license_not_found */
  async series({ license_id, from, to, bucket }: UsageQuery): Promise<Usage> {
    const license = await licenseCondition(this.db, license_id);
    const { table, time } = stored[bucket];
    const rows = await this.db.tenant.$queryRaw<PointRow[]>`
      SELECT ${time} AS starts_at, sum(seats_in_use_peak)::int AS peak, sum(seats_in_use_mean)::float8 AS mean,
        sum(seats_total)::int AS seats_total, sum(acquires)::int AS acquires, sum(denials)::int AS denials,
        sum(unique_users)::int AS unique_users, sum(unique_machines)::int AS unique_machines
      FROM ${table}
      WHERE tenant_id = ${currentTenant()}::uuid AND ${time} >= ${from}::timestamptz AND ${time} < ${to}::timestamptz ${license}
      GROUP BY 1 ORDER BY 1`;
    return { bucket, series: rows.map((row) => ({ ...row, starts_at: row.starts_at.toISOString() })) };
  }

  /** Returns peak and mean by weekday and hour in a time zone. Adds up licenses at each moment, then combines the
   *  moments of all weeks. Uses five-minute samples, because some zones are off UTC by half hours; where these are
   *  deleted, uses hours.
   *  @throws ProblemError license_not_found */
  async heatmap({ license_id, from, to, time_zone: zone }: HeatmapQuery): Promise<Heatmap> {
    const license = await licenseCondition(this.db, license_id);
    const kept = this.clock.now().getTime() - SAMPLES_KEPT_DAYS * DAY_MS;
    const { table, time, samples } = stored[Date.parse(from) >= kept ? '5m' : 'hour'];
    const rows = await this.db.tenant.$queryRaw<Heatmap['cells']>`
      SELECT extract(isodow FROM at)::int AS weekday, extract(hour FROM at)::int AS hour, max(peak)::int AS peak,
        (sum(mean * samples) / sum(samples))::float8 AS mean
      FROM (
        SELECT ${time} AT TIME ZONE ${zone} AS at, sum(seats_in_use_peak) AS peak, sum(seats_in_use_mean) AS mean,
          max(${samples}) AS samples
        FROM ${table}
        WHERE tenant_id = ${currentTenant()}::uuid AND ${time} >= ${from}::timestamptz AND ${time} < ${to}::timestamptz ${license}
        GROUP BY ${time}
      ) AS moment GROUP BY 1, 2`;
    const known = new Map(rows.map((row) => [row.weekday * 24 + row.hour, row]));
    const cells = WEEK.map((cell) => ({
      peak: null,
      mean: null,
      ...known.get(cell.weekday * 24 + cell.hour),
      ...cell,
    }));
    return { time_zone: zone, cells };
  }
}
