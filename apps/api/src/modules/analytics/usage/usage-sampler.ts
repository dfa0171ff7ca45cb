import { Injectable } from '@nestjs/common';
import { bucketMs } from '@coditect/contracts/names';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { RETRY_SECONDS } from '../denials/denial-reports.js';
import { LICENSE_PAGE, type LicenseSpan, NOTHING_BEFORE } from './license-span.js';
import { UsageRollUp } from './usage-roll-up.js';

const SAMPLE_MS = bucketMs['5m'];
/** Five minutes are sampled this long after their end. By then their heartbeats and grants are written. */
const SETTLING_MS = 60_000;
/** How far back missed samples are made up. License sessions are kept, so these samples are as exact as punctual
 *  ones. */
const CATCH_UP_MS = 24 * 60 * 60 * 1000;

interface DueSpan {
  span: LicenseSpan;
  /** Start of the oldest five minutes to sample; null if none is due. */
  due: Date | null;
}

/**
 * Samples the use of every license of every tenant in each five minutes of UTC, from the license sessions and denials
 * in Postgres. Taking a sample again changes nothing. Each statement takes one page of licenses, so that it is bounded
 * in time and memory.
 */
@Injectable()
export class UsageSampler {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly rollUp: UsageRollUp,
  ) {}

  /** Takes all due samples, including those missed within the last 24 hours. Returns the number of new samples. */
  async sample(): Promise<number> {
    const end = Math.floor((this.clock.now().getTime() - SETTLING_MS) / SAMPLE_MS) * SAMPLE_MS;
    let sampled = 0;
    for (let after = NOTHING_BEFORE; ;) {
      const found = await this.nextSpan(after, end);
      if (!found) return sampled;
      const { span, due } = found;
      for (let at = due?.getTime() ?? end; at < end; at += SAMPLE_MS) sampled += await this.sampleSpan(span, at);
      await this.rollUp.rollUp(span);
      after = span.last;
    }
  }

  /** The next page of licenses. A license without samples is due from its beginning, any other from the end of its
   *  samples. */
  private async nextSpan(after: LicenseSpan['last'], end: number): Promise<DueSpan | undefined> {
    const { rows } = await this.db.systemQuery<{ tenantId: string; licenseId: string; due: Date | null }>(
      `WITH page AS (
        SELECT l.tenant_id, l.id, CASE WHEN ${samplable('$3', '$4')} THEN greatest($5::timestamptz,
            coalesce((SELECT max(u.sampled_at) FROM usage_samples u WHERE u.tenant_id = l.tenant_id AND u.license_id = l.id)
                + make_interval(secs => $6),
              date_bin(make_interval(secs => $6), greatest(l.created_at, l.valid_from), '2000-01-01Z'))) END AS due
        FROM licenses l JOIN tenants t ON t.id = l.tenant_id
        WHERE (l.tenant_id, l.id) > ($1::uuid, $2::uuid) ORDER BY l.tenant_id, l.id LIMIT ${LICENSE_PAGE}
      )
      SELECT tenant_id AS "tenantId", id AS "licenseId", min(due) OVER () AS due FROM page
      ORDER BY tenant_id DESC, id DESC LIMIT 1`,
      [
        after.tenantId,
        after.licenseId,
        new Date(end - SAMPLE_MS),
        new Date(end),
        new Date(end - CATCH_UP_MS),
        SAMPLE_MS / 1000,
      ],
    );
    const [last] = rows;
    return last && { span: { after, last }, due: last.due };
  }

  // A seat that passes from one session to the next in the same millisecond counts once, so ends sort before starts.
  // Sessions that span all five minutes, which are most, are only counted: that saves sorting them.
  private async sampleSpan({ after, last }: LicenseSpan, at: number): Promise<number> {
    const { rowCount } = await this.db.systemQuery(
      `INSERT INTO usage_samples (tenant_id, id, license_id, sampled_at, seats_total, seats_in_use_peak,
        seats_in_use_mean, acquires, denials, unique_users, unique_machines)
      SELECT l.tenant_id, gen_random_uuid(), l.id, $5, l.seats_total, held.peak, held.mean, held.acquires,
        refused.denials, held.users, held.machines
      FROM licenses l JOIN tenants t ON t.id = l.tenant_id
      CROSS JOIN LATERAL (
        WITH session AS (
          SELECT user_id, machine_id, started_at, greatest(started_at, $5::timestamptz) AS since,
            least(coalesce(ended_at, lease_expires_at), $6::timestamptz) AS until
          FROM license_sessions s
          WHERE s.tenant_id = l.tenant_id AND s.license_id = l.id AND s.started_at < $6
            AND (s.ended_at >= $5 OR s.ended_at IS NULL AND s.status = 'active' AND s.lease_expires_at >= $5)
        ), change AS (
          SELECT since AS at, 1 AS by FROM session WHERE since > $5 OR until < $6
          UNION ALL SELECT until, -1 FROM session WHERE since > $5 OR until < $6
        )
        SELECT count(*) FILTER (WHERE since = $5 AND until = $6)
            + coalesce((SELECT max(held) FROM (SELECT sum(by) OVER (ORDER BY at, by) AS held FROM change) AS c), 0) AS peak,
          coalesce(sum(extract(epoch FROM until - since)), 0) / extract(epoch FROM $6::timestamptz - $5::timestamptz) AS mean,
          count(*) FILTER (WHERE started_at >= $5) AS acquires,
          count(DISTINCT user_id) AS users, count(DISTINCT machine_id) AS machines
        FROM session
      ) AS held
      CROSS JOIN LATERAL (
        SELECT count(*) AS denials FROM denials d
        WHERE d.tenant_id = l.tenant_id AND d.license_id = l.id AND d.occurred_at >= $5 AND d.occurred_at < $6
          AND NOT EXISTS (SELECT FROM denials e
            WHERE e.tenant_id = d.tenant_id AND e.license_id = d.license_id AND e.user_id = d.user_id AND e.reason = d.reason
              AND e.occurred_at >= d.occurred_at - make_interval(secs => $7) AND e.occurred_at <= d.occurred_at
              AND (e.occurred_at, e.id) < (d.occurred_at, d.id))
      ) AS refused
      WHERE (l.tenant_id, l.id) > ($1::uuid, $2::uuid) AND (l.tenant_id, l.id) <= ($3::uuid, $4::uuid)
        AND ${samplable('$5', '$6')}
      ORDER BY l.tenant_id, l.id
      ON CONFLICT (tenant_id, license_id, sampled_at) DO NOTHING`,
      [
        after.tenantId,
        after.licenseId,
        last.tenantId,
        last.licenseId,
        new Date(at),
        new Date(at + SAMPLE_MS),
        RETRY_SECONDS,
      ],
    );
    return rowCount ?? 0;
  }
}

/** SQL: whether license `l` of tenant `t` could have been used between two moments. */
function samplable(since: string, until: string): string {
  return `t.status <> 'closed' AND l.status <> 'revoked' AND greatest(l.created_at, l.valid_from) < ${until}::timestamptz
    AND (l.valid_until IS NULL OR l.valid_until > ${since}::timestamptz)`;
}
