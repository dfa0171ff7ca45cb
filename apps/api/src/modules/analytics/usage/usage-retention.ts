import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { LICENSE_PAGE, NOTHING_BEFORE } from './license-span.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long five-minute samples are kept. Older use is known by hours and days only. */
export const SAMPLES_KEPT_DAYS = 35;
const HOURS_KEPT_DAYS = 400;
/** Rows of one license that one statement deletes: as many as three days without a worker leave. The next run deletes
 *  the rest. */
const ROWS_PER_LICENSE = 1_000;

/** Deletes samples after 35 days and hours after 400. Days are kept for ever. */
@Injectable()
export class UsageRetention {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Returns the number of deleted rows. */
  async deleteOld(): Promise<number> {
    const samples = await this.deleteFrom('usage_samples', 'sampled_at', SAMPLES_KEPT_DAYS);
    return samples + (await this.deleteFrom('usage_hours', 'starts_at', HOURS_KEPT_DAYS));
  }

  private async deleteFrom(table: string, time: string, days: number): Promise<number> {
    const before = new Date(this.clock.now().getTime() - days * DAY_MS);
    let deleted = 0;
    for (let after = NOTHING_BEFORE; ;) {
      const { rows } = await this.db.systemQuery<{ tenantId: string; licenseId: string; deleted: number }>(
        `WITH page AS (
          SELECT tenant_id, id FROM licenses WHERE (tenant_id, id) > ($1::uuid, $2::uuid)
          ORDER BY tenant_id, id LIMIT ${LICENSE_PAGE}
        ), old AS (
          SELECT o.* FROM page p CROSS JOIN LATERAL (
            SELECT u.tenant_id, u.license_id, u.${time} AS at FROM ${table} u
            WHERE u.tenant_id = p.tenant_id AND u.license_id = p.id AND u.${time} < $3
            ORDER BY u.${time} LIMIT ${ROWS_PER_LICENSE}) AS o
        ), gone AS (
          DELETE FROM ${table} u USING old o
          WHERE u.tenant_id = o.tenant_id AND u.license_id = o.license_id AND u.${time} = o.at RETURNING 1
        )
        SELECT tenant_id AS "tenantId", id AS "licenseId", (SELECT count(*)::int FROM gone) AS deleted
        FROM page ORDER BY tenant_id DESC, id DESC LIMIT 1`,
        [after.tenantId, after.licenseId, before],
      );
      const [last] = rows;
      if (!last) return deleted;
      deleted += last.deleted;
      after = last;
    }
  }
}
