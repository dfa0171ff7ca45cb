import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { freeForgotten } from '../sending/webhook-turns.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long events can be read and replayed. */
export const EVENT_DAYS = 30;
/** Limits of one statement: tenants looked at, and rows deleted. */
const TENANTS_AT_ONCE = 200;
const ROWS_AT_ONCE = 1_000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Deletes old events with their deliveries and attempts, and deleted endpoints with theirs. Works in small statements,
 *  each its own transaction. */
@Injectable()
export class EventCleanup {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Also lets deliveries go on that waited for a deleted one. Returns the number of deleted events. */
  async run(): Promise<number> {
    const deleted = await this.deleteOld();
    await this.deleteOfDeletedEndpoints();
    await freeForgotten(this.db);
    return deleted;
  }

  private async deleteOfDeletedEndpoints(): Promise<void> {
    for (;;) {
      const { rowCount } = await this.db.systemQuery(DELETE_DELIVERIES);
      if (rowCount === 0) break;
    }
    await this.db.systemQuery(DELETE_ENDPOINTS);
  }

  private async deleteOld(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - EVENT_DAYS * DAY_MS);
    let deleted = 0;
    for (let after = BEFORE_ALL; ;) {
      const { rows } = await this.db.systemQuery<{ last: string; deleted: number }>(DELETE_OLD, [after, before]);
      const [page] = rows;
      if (!page) return deleted;
      deleted += page.deleted;
      if (page.deleted < ROWS_AT_ONCE) after = page.last; // a full page: these tenants may have more
    }
  }
}

const DELETE_OLD = `
  WITH page AS (
    SELECT tenant_id FROM event_logs WHERE tenant_id > $1 ORDER BY tenant_id LIMIT ${TENANTS_AT_ONCE}
  ), old AS (
    SELECT o.tenant_id, o.id FROM page p CROSS JOIN LATERAL (
      SELECT e.tenant_id, e.id FROM events e WHERE e.tenant_id = p.tenant_id AND e.occurred_at < $2
      ORDER BY e.occurred_at LIMIT ${ROWS_AT_ONCE}) AS o
    LIMIT ${ROWS_AT_ONCE}
  ), gone AS (
    DELETE FROM events e USING old o WHERE e.tenant_id = o.tenant_id AND e.id = o.id RETURNING 1
  )
  SELECT tenant_id AS last, (SELECT count(*)::int FROM gone) AS deleted FROM page ORDER BY tenant_id DESC LIMIT 1`;

const DELETE_DELIVERIES = `
  DELETE FROM webhook_deliveries d USING (
    SELECT o.tenant_id, o.id FROM webhook_endpoints w CROSS JOIN LATERAL (
      SELECT tenant_id, id FROM webhook_deliveries
      WHERE tenant_id = w.tenant_id AND endpoint_id = w.id LIMIT ${ROWS_AT_ONCE}) AS o
    WHERE w.deleted_at IS NOT NULL LIMIT ${ROWS_AT_ONCE}) AS of_deleted
  WHERE d.tenant_id = of_deleted.tenant_id AND d.id = of_deleted.id`;

const DELETE_ENDPOINTS = `
  DELETE FROM webhook_endpoints w WHERE deleted_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM webhook_deliveries d WHERE d.tenant_id = w.tenant_id AND d.endpoint_id = w.id)`;
