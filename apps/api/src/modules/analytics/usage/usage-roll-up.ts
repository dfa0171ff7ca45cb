import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { LicenseSpan } from './license-span.js';

const HOURS = { table: 'usage_hours', from: 'usage_samples', time: 'sampled_at', samples: '1', unit: 'hour' };
const DAYS = { table: 'usage_days', from: 'usage_hours', time: 'starts_at', samples: 'samples', unit: 'day' };

/**
 * Aggregates samples into hours, and hours into days, in UTC. Each license continues at the beginning of its last hour
 * or day, because that one may have been incomplete. So the next run finishes what a killed process left undone.
 */
@Injectable()
export class UsageRollUp {
  constructor(private readonly db: Database) {}

  /** Updates the hours and days of a range of licenses from their samples. */
  async rollUp(span: LicenseSpan): Promise<void> {
    await this.rollUpInto(HOURS, span);
    await this.rollUpInto(DAYS, span);
  }

  // Samples never change. So a row made of more samples is newer, and a row made of as many is the same. Unique users
  // and machines are counted from the sessions, because unique counts cannot be added up.
  private async rollUpInto({ table, from, time, samples, unit }: typeof HOURS, span: LicenseSpan): Promise<void> {
    const { after, last } = span;
    await this.db.systemQuery(
      `WITH bucket AS (
        SELECT u.tenant_id, u.license_id, date_bin('1 ${unit}', u.${time}, '2000-01-01Z') AS starts_at,
          (array_agg(u.seats_total ORDER BY u.${time} DESC))[1] AS seats_total,
          max(u.seats_in_use_peak) AS peak, sum(u.seats_in_use_mean * ${samples}) / sum(${samples}) AS mean,
          sum(u.acquires) AS acquires, sum(u.denials) AS denials, sum(${samples}) AS samples
        FROM licenses l
        CROSS JOIN LATERAL (SELECT max(starts_at) AS latest FROM ${table} r
          WHERE r.tenant_id = l.tenant_id AND r.license_id = l.id) AS rolled
        JOIN ${from} u ON u.tenant_id = l.tenant_id AND u.license_id = l.id
          AND u.${time} >= coalesce(rolled.latest, '-infinity')
        WHERE (l.tenant_id, l.id) > ($1::uuid, $2::uuid) AND (l.tenant_id, l.id) <= ($3::uuid, $4::uuid)
        GROUP BY 1, 2, 3
      )
      INSERT INTO ${table} (tenant_id, license_id, starts_at, seats_total, seats_in_use_peak, seats_in_use_mean, acquires,
        denials, unique_users, unique_machines, samples)
      SELECT b.tenant_id, b.license_id, b.starts_at, b.seats_total, b.peak, b.mean, b.acquires, b.denials, held.users,
        held.machines, b.samples
      FROM bucket b
      CROSS JOIN LATERAL (
        SELECT count(DISTINCT user_id) AS users, count(DISTINCT machine_id) AS machines FROM license_sessions s
        WHERE s.tenant_id = b.tenant_id AND s.license_id = b.license_id AND s.started_at < b.starts_at + interval '1 ${unit}'
          AND (s.ended_at >= b.starts_at OR s.ended_at IS NULL AND s.status = 'active' AND s.lease_expires_at >= b.starts_at)
      ) AS held
      WHERE NOT EXISTS (SELECT FROM ${table} r WHERE r.tenant_id = b.tenant_id AND r.license_id = b.license_id
        AND r.starts_at = b.starts_at AND r.samples >= b.samples)
      ORDER BY b.tenant_id, b.license_id, b.starts_at
      ON CONFLICT (tenant_id, license_id, starts_at) DO UPDATE SET seats_total = excluded.seats_total,
        seats_in_use_peak = excluded.seats_in_use_peak, seats_in_use_mean = excluded.seats_in_use_mean,
        acquires = excluded.acquires, denials = excluded.denials, unique_users = excluded.unique_users,
        unique_machines = excluded.unique_machines, samples = excluded.samples
      WHERE ${table}.samples < excluded.samples`,
      [after.tenantId, after.licenseId, last.tenantId, last.licenseId],
    );
  }
}
