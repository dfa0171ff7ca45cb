import type { Database, Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';

/** Limit of attempts in progress per endpoint: a slow one must not delay the tenant's other endpoints. */
export const ATTEMPTS_OF_ENDPOINT = 10;
/** Limit of attempts in progress per tenant, over all workers and again in each worker. A tenant whose endpoints are
 *  all slow must not delay other tenants, so this is less than a worker's concurrency. */
export const ATTEMPTS_OF_TENANT = 20;
/** The most deliveries whose wait one statement ends. */
const FREED_AT_ONCE = 10_000;

/** SQL: whether an older delivery of the same resource to the same endpoint as `d` is pending. If so, `d` must wait.
 *  The column `waiting` only repeats the result, so that an index can leave out deliveries that wait. */
export const HAS_OLDER = Prisma.sql`EXISTS (
  SELECT FROM webhook_deliveries older
  WHERE older.tenant_id = d.tenant_id AND older.endpoint_id = d.endpoint_id AND older.status = 'pending'
    AND older.resource_type = d.resource_type AND older.resource_id = d.resource_id AND older.sequence < d.sequence)`;

interface Due {
  tenant_id: string;
  id: string;
  attempts: number;
}

/** Returns deliveries to attempt now, within the limits per endpoint and per tenant, taking tenants in turn. The cost
 *  grows with the endpoints that have something due, not with the deliveries that wait.
 *  @param limit at most this many in all */
export async function dueDeliveries(db: Pick<Database, 'systemQuery'>, now: Date, limit: number): Promise<Due[]> {
  return (await db.systemQuery<Due>(DUE, [now, ATTEMPTS_OF_ENDPOINT, ATTEMPTS_OF_TENANT, limit])).rows;
}

/** SQL: steps from endpoint to endpoint in the partial index of deliveries that do not wait, and takes the first few of
 *  each. */
export const DUE = `
  WITH RECURSIVE endpoint AS (
    (SELECT tenant_id, endpoint_id FROM webhook_deliveries WHERE status = 'pending' AND NOT waiting
     ORDER BY tenant_id, endpoint_id LIMIT 1)
    UNION ALL
    SELECT next.tenant_id, next.endpoint_id FROM endpoint e CROSS JOIN LATERAL (
      SELECT d.tenant_id, d.endpoint_id FROM webhook_deliveries d
      WHERE d.status = 'pending' AND NOT d.waiting AND (d.tenant_id, d.endpoint_id) > (e.tenant_id, e.endpoint_id)
      ORDER BY d.tenant_id, d.endpoint_id LIMIT 1) AS next
  ), busy AS (
    SELECT tenant_id, endpoint_id, count(*) AS attempts FROM webhook_deliveries
    WHERE status = 'pending' AND claimed_until > $1 GROUP BY tenant_id, endpoint_id
  ), busy_tenant AS (
    SELECT tenant_id, sum(attempts) AS attempts FROM busy GROUP BY tenant_id
  ), due AS (
    SELECT e.tenant_id, first.id, first.attempts,
      row_number() OVER (PARTITION BY e.tenant_id ORDER BY first.place, first.next_attempt_at, e.endpoint_id) AS turn
    FROM endpoint e LEFT JOIN busy USING (tenant_id, endpoint_id) CROSS JOIN LATERAL (
      SELECT d.id, d.attempts, d.next_attempt_at,
        coalesce(busy.attempts, 0) + row_number() OVER (ORDER BY d.next_attempt_at, d.sequence) AS place
      FROM webhook_deliveries d
      WHERE d.tenant_id = e.tenant_id AND d.endpoint_id = e.endpoint_id AND d.status = 'pending' AND NOT d.waiting
        AND d.next_attempt_at <= $1 AND coalesce(d.claimed_until <= $1, true)
      ORDER BY d.next_attempt_at, d.sequence LIMIT greatest($2::bigint - coalesce(busy.attempts, 0), 0)) AS first
  )
  SELECT due.tenant_id, due.id, due.attempts FROM due LEFT JOIN busy_tenant b USING (tenant_id)
  WHERE due.turn + coalesce(b.attempts, 0) <= $3 ORDER BY due.turn LIMIT $4`;

/**
 * Call it when a delivery has ended: ends the wait of the next pending delivery of the same resource. The transaction
 * must hold the lock of the endpoint (lockEndpoint). Whatever makes deliveries pending takes that lock too, so none is
 * added meanwhile.
 */
export async function freeNext(
  tx: Tx,
  done: { tenantId: string; endpointId: string; resourceType: string; resourceId: string },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE webhook_deliveries SET waiting = false WHERE waiting AND (tenant_id, id) = (
      SELECT d.tenant_id, d.id FROM webhook_deliveries d
      WHERE d.tenant_id = ${done.tenantId}::uuid AND d.endpoint_id = ${done.endpointId}::uuid AND d.status = 'pending'
        AND d.resource_type = ${done.resourceType} AND d.resource_id = ${done.resourceId}
      ORDER BY d.sequence LIMIT 1)`;
}

/**
 * Ends the wait of deliveries that are marked as waiting although no older one is pending. That happens when the older
 * one was deleted with its event, or was sent by a worker of an earlier release that did not know `waiting`.
 * @returns the number of deliveries that no longer wait
 */
export async function freeForgotten(db: Pick<Database, 'systemQuery'>): Promise<number> {
  const { rowCount } = await db.systemQuery(FREE_FORGOTTEN, [FREED_AT_ONCE]);
  return rowCount ?? 0;
}

const FREE_FORGOTTEN = `
  UPDATE webhook_deliveries SET waiting = false WHERE (tenant_id, id) IN (
    SELECT d.tenant_id, d.id FROM webhook_deliveries d
    WHERE d.status = 'pending' AND d.waiting AND NOT ${HAS_OLDER.sql} LIMIT $1)`;
