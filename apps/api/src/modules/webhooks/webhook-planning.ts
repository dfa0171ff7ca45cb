import type { Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';

/** Makes a delivery of each new event for each enabled endpoint that has selected its type.
 *  @param events by their sequence: later than `after`, up to `until` */
export async function planDeliveries(
  tx: Tx,
  tenantId: string,
  events: { after: bigint; until: bigint },
  now: Date,
): Promise<void> {
  await tx.$executeRaw`${deliveries(tenantId, now)}
    WHERE e.tenant_id = ${tenantId}::uuid AND e.sequence > ${events.after} AND e.sequence <= ${events.until}
      AND w.status = 'enabled'`;
}

/** Delivers the events of a time to one endpoint, again where they were delivered before. What is under way stays so.
 *  Answers how many. */
export async function replanDeliveries(
  tx: Tx,
  endpoint: { tenantId: string; id: string },
  { from, to }: { from: Date; to: Date },
  now: Date,
): Promise<number> {
  return tx.$executeRaw`${deliveries(endpoint.tenantId, now)}
    WHERE e.tenant_id = ${endpoint.tenantId}::uuid AND e.occurred_at >= ${from} AND e.occurred_at < ${to}
      AND w.id = ${endpoint.id}::uuid
    ORDER BY e.sequence
    ON CONFLICT (tenant_id, endpoint_id, sequence) DO UPDATE
      SET status = 'pending', attempts = 0, next_attempt_at = ${now}, claimed_until = NULL, completed_at = NULL
      WHERE webhook_deliveries.status <> 'pending'`;
}

function deliveries(tenantId: string, now: Date): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, event_type, resource_type, resource_id, sequence,
      next_attempt_at, created_at)
    SELECT e.tenant_id, gen_random_uuid(), w.id, e.id, e.type, e.resource_type, e.resource_id, e.sequence, ${now}, ${now}
    FROM events e JOIN webhook_endpoints w
      ON w.tenant_id = ${tenantId}::uuid AND w.event_types && ARRAY['*', e.type]`;
}
