import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The time limit of one run, in ms. The next run deletes what is left. */
const MAX_RUN_MS = 60_000;
const TENANTS_A_STATEMENT = 100;
const ROWS_OF_A_TENANT = 200;
const NIL = '00000000-0000-0000-0000-000000000000';

interface Rule {
  /** The table whose rows are deleted; `old` names it `r`. */
  table: string;
  /** How many days rows are kept after their end. */
  days: number;
  /** SQL: the rows of the tenant `page.id` that ended before $2. */
  old: string;
}

/** How long ended rows are kept (docs/background-work.md). Refresh tokens are deleted before their logins, because a
 *  login of a month has thousands of them: too many for one cascade. LEAST ignores NULL. */
const rules = [
  {
    table: 'refresh_tokens',
    days: 30,
    old: `logins l JOIN refresh_tokens r ON r.tenant_id = l.tenant_id AND r.family_id = l.id
      WHERE l.tenant_id = page.id AND least(l.expires_at, l.revoked_at) < $2`,
  },
  {
    table: 'logins',
    days: 30,
    old: `logins r WHERE r.tenant_id = page.id AND least(r.expires_at, r.revoked_at) < $2
      AND NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.tenant_id = r.tenant_id AND t.family_id = r.id)`,
  },
  { table: 'outbox', days: 7, old: 'outbox r WHERE r.tenant_id = page.id AND r.published_at < $2' },
  {
    table: 'invitations',
    days: 90,
    old: 'invitations r WHERE r.tenant_id = page.id AND least(r.expires_at, r.accepted_at, r.revoked_at) < $2',
  },
  {
    table: 'one_time_tokens',
    days: 1,
    old: 'one_time_tokens r WHERE r.tenant_id = page.id AND least(r.expires_at, r.used_at) < $2',
  },
  {
    table: 'api_keys',
    days: 365,
    old: 'api_keys r WHERE r.tenant_id = page.id AND least(r.expires_at, r.revoked_at) < $2',
  },
] as const satisfies Rule[];

const DEVICES_KEPT_DAYS = 1;
const DEVICES_A_STATEMENT = 1_000;

/**
 * Deletes credentials and messages that ended long ago. The audit entries about them stay. Works in small independent
 * transactions, so it can be killed at any time and run concurrently.
 */
@Injectable()
export class Retention {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Deletes what is due.
   *  @param maxMs no statement starts after this time
   *  @returns the number of deleted rows by table */
  async run(maxMs = MAX_RUN_MS): Promise<Record<string, number>> {
    const deadline = performance.now() + maxMs;
    const deleted: Record<string, number> = {};
    for (const rule of rules) deleted[rule.table] = await this.deleteBy(rule, deadline);
    deleted['device_authorizations'] = await this.deleteDevices(deadline);
    return deleted;
  }

  /** Goes through the tenants page by page. Repeats a page while one of its tenants has more rows than a statement
   *  deletes. */
  private async deleteBy({ table, days, old }: Rule, deadline: number): Promise<number> {
    let deleted = 0;
    for (let after = NIL; performance.now() < deadline;) {
      const { rows } = await this.db.systemQuery<{ last: string; gone: number; more: boolean }>(
        `WITH page AS (
          SELECT id FROM tenants WHERE id > $1 ORDER BY id LIMIT ${TENANTS_A_STATEMENT}
        ), old AS (
          SELECT o.* FROM page CROSS JOIN LATERAL (
            SELECT r.tenant_id, r.id FROM ${old} LIMIT ${ROWS_OF_A_TENANT} FOR UPDATE OF r SKIP LOCKED) AS o
        ), gone AS (
          DELETE FROM ${table} r USING old o WHERE r.tenant_id = o.tenant_id AND r.id = o.id RETURNING r.tenant_id
        )
        SELECT id AS last, (SELECT count(*)::int FROM gone) AS gone,
          EXISTS (SELECT FROM gone GROUP BY tenant_id HAVING count(*) = ${ROWS_OF_A_TENANT}) AS more
        FROM page ORDER BY id DESC LIMIT 1`,
        [after, this.before(days)],
      );
      const [page] = rows;
      if (!page) break;
      deleted += page.gone;
      if (!page.more) after = page.last;
    }
    return deleted;
  }

  /** Deletes expired device authorizations, which belong to no tenant. */
  private async deleteDevices(deadline: number): Promise<number> {
    let deleted = 0;
    while (performance.now() < deadline) {
      const { rowCount } = await this.db.systemQuery(
        `DELETE FROM device_authorizations WHERE id IN (
           SELECT id FROM device_authorizations WHERE expires_at < $1 LIMIT ${DEVICES_A_STATEMENT} FOR UPDATE SKIP LOCKED)`,
        [this.before(DEVICES_KEPT_DAYS)],
      );
      deleted += rowCount ?? 0;
      if ((rowCount ?? 0) < DEVICES_A_STATEMENT) break;
    }
    return deleted;
  }

  private before(days: number): Date {
    return new Date(this.clock.now().getTime() - days * DAY_MS);
  }
}
