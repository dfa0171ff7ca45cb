import type { Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { HAS_OLDER } from '../sending/webhook-turns.js';

/** Inserts a delivery of each new event for each enabled endpoint that has selected its type. Holds a share lock on the
 *  endpoints: until the end of the transaction none is disabled, deleted or given other types, and no delivery ends.
 *  @param events their sequences: later than `after`, up to and including `until` */
export async function planDeliveries(
  tx: Tx,
  tenantId: string,
  events: { after: bigint; until: bigint },
  now: Date,
): Promise<void> {
  // A separate statement, so that the next one sees the changes of the transactions that this one waited for.
  const locked = await tx.$executeRaw`
    SELECT FROM webhook_endpoints w WHERE tenant_id = ${tenantId}::uuid AND status = 'enabled' ORDER BY id FOR SHARE OF w`;
  if (locked === 0) return;
  await tx.$executeRaw`${INSERT_DELIVERIES} ${deliveries(
    Prisma.sql`e.tenant_id = ${tenantId}::uuid AND e.sequence > ${events.after} AND e.sequence <= ${events.until}
      AND w.status = 'enabled'`,
    now,
  )}`;
}

interface EndpointRef {
  tenantId: string;
  id: string;
}

/** A half-open range: at or after `from`, before `to`. */
interface Range {
  from: Date;
  to: Date;
}

/** Counts the pending deliveries of an endpoint. Stops at `upTo`, so that the count is cheap. */
export async function countPending(tx: Tx, { tenantId, id }: EndpointRef, upTo: number): Promise<number> {
  return count(
    tx,
    Prisma.sql`
      SELECT FROM webhook_deliveries
      WHERE tenant_id = ${tenantId}::uuid AND endpoint_id = ${id}::uuid AND status = 'pending' LIMIT ${upTo}`,
  );
}

/** Counts the events of a time range that an endpoint has selected. Stops at `upTo`, so that the count is cheap. */
export async function countSelected(tx: Tx, endpoint: EndpointRef, range: Range, upTo: number): Promise<number> {
  return count(
    tx,
    Prisma.sql`
      SELECT FROM events e JOIN webhook_endpoints w ON ${SELECTED} WHERE ${happenedFor(endpoint, range)} LIMIT ${upTo}`,
  );
}

async function count(tx: Tx, rows: Prisma.Sql): Promise<number> {
  const [row] = await tx.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM (${rows}) AS counted`;
  return row!.n;
}

/** Makes the events of a time range pending for one endpoint, whether they were delivered before or not. Deliveries
 *  that are pending already stay as they are. The transaction must hold the lock of the endpoint (lockEndpoint).
 *  @returns the number of deliveries made pending */
export async function replanDeliveries(tx: Tx, endpoint: EndpointRef, range: Range, now: Date): Promise<number> {
  return tx.$executeRaw`${INSERT_DELIVERIES} ${deliveries(happenedFor(endpoint, range), now)}
    ON CONFLICT (tenant_id, endpoint_id, sequence) DO UPDATE
      SET status = 'pending', waiting = EXCLUDED.waiting, attempts = 0, next_attempt_at = ${now}, claimed_until = NULL,
        completed_at = NULL
      WHERE webhook_deliveries.status <> 'pending'`;
}

const SELECTED = Prisma.sql`w.tenant_id = e.tenant_id AND w.event_types && ARRAY['*', e.type]`;

/** SQL: the events of a time range and this one endpoint. */
function happenedFor({ tenantId, id }: EndpointRef, { from, to }: Range): Prisma.Sql {
  return Prisma.sql`e.tenant_id = ${tenantId}::uuid AND e.occurred_at >= ${from} AND e.occurred_at < ${to}
    AND w.id = ${id}::uuid`;
}

const INSERT_DELIVERIES = Prisma.sql`
  INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, event_type, resource_type, resource_id, sequence,
    waiting, next_attempt_at, created_at)`;

/** SQL: one delivery per event `e` and endpoint `w` that match `which`. Of each resource, the first delivery waits only
 *  if an older one is pending; the later ones wait for the first. */
function deliveries(which: Prisma.Sql, now: Date): Prisma.Sql {
  return Prisma.sql`
    SELECT tenant_id, gen_random_uuid(), endpoint_id, event_id, event_type, resource_type, resource_id, sequence,
      nth > 1 OR ${HAS_OLDER}, ${now}, ${now}
    FROM (
      SELECT e.tenant_id, w.id AS endpoint_id, e.id AS event_id, e.type AS event_type, e.resource_type, e.resource_id,
        e.sequence, row_number() OVER (PARTITION BY w.id, e.resource_type, e.resource_id ORDER BY e.sequence) AS nth
      FROM events e JOIN webhook_endpoints w ON ${SELECTED}
      WHERE ${which}
    ) AS d
    ORDER BY sequence`;
}
