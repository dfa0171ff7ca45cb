import { Injectable, Logger } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import { Clock } from '../../platform/clock.js';
import { AuditSealer } from '../audit/audit-sealer.js';
import { type AuditedChange, eventOfChange, eventOfDenial, type NewEvent } from './event-sources.js';
import { planDeliveries } from './webhook-planning.js';

const BATCH = 500;

interface Progress {
  sealed: bigint;
  recorded: bigint;
  last: bigint;
}

/**
 * Makes events of what has been committed: of audit entries, in the order of their chain, and of denials. Event,
 * deliveries and the progress are one transaction under a lock of the tenant's log, so each becomes one event, whoever is
 * killed and however often this runs (docs/webhooks.md).
 */
@Injectable()
export class EventRecorder {
  private readonly logger = new Logger('events');

  constructor(
    private readonly db: Database,
    private readonly sealer: AuditSealer,
    private readonly clock: Clock,
  ) {}

  /** Records what all tenants have committed until now. Answers how many events that were.
   *  @throws Error when a tenant's could not be recorded, after all others were tried */
  async recordAll(): Promise<number> {
    await this.sealer
      .sealAll()
      .catch((error: unknown) => this.logger.warn({ msg: 'audit entries wait to be sealed', err: String(error) }));
    const { rows } = await this.db.systemQuery<{ tenant_id: string }>(
      `SELECT tenant_id FROM event_logs WHERE audit_recorded < audit_sealed
       UNION SELECT tenant_id FROM denials WHERE event_recorded_at IS NULL`,
    );
    let events = 0;
    let failed = 0;
    for (const { tenant_id: tenantId } of rows) {
      try {
        events += await this.record(tenantId);
      } catch (error) {
        failed += 1;
        this.logger.error({ msg: 'events could not be recorded', tenant_id: tenantId, err: String(error) });
      }
    }
    if (failed > 0) throw new Error(`the events of ${failed} of ${rows.length} tenants could not be recorded`);
    return events;
  }

  /** Records what a tenant has sealed, and its denials. Answers how many events that were. */
  async record(tenantId: string): Promise<number> {
    let total = 0;
    for (;;) {
      const { events, more } = await this.db.systemTx((tx) => this.recordBatch(tx, tenantId));
      total += events;
      if (!more) return total;
    }
  }

  private async recordBatch(tx: Tx, tenantId: string): Promise<{ events: number; more: boolean }> {
    const now = this.clock.now();
    const progress = await lockLog(tx, tenantId);
    const changes = await changesSince(tx, tenantId, progress);
    const denials = await tx.denial.findMany({
      where: { tenantId, eventRecordedAt: null },
      orderBy: [{ occurredAt: 'asc' }, { id: 'asc' }],
      take: BATCH,
    });
    const events = [...(await eventsOf(tx, tenantId, changes)), ...denials.map(eventOfDenial)];
    await insertEvents(tx, tenantId, events, { after: progress.last, now });
    const last = progress.last + BigInt(events.length);
    if (events.length > 0) await planDeliveries(tx, tenantId, { after: progress.last, until: last }, now);
    if (denials.length > 0)
      await tx.denial.updateMany({
        where: { tenantId, id: { in: denials.map(({ id }) => id) } },
        data: { eventRecordedAt: now },
      });
    const more = changes.length === BATCH;
    // A shorter batch is the end of the chain, also when the entries before it are in the archive.
    const recorded = more ? changes.at(-1)!.sequence : progress.sealed;
    await tx.eventLog.update({ where: { tenantId }, data: { auditRecorded: recorded, lastSequence: last } });
    return { events: events.length, more: more || denials.length === BATCH };
  }
}

/** One recorder at a time for each tenant, until the end of the transaction. */
async function lockLog(tx: Tx, tenantId: string): Promise<Progress> {
  await tx.$executeRaw`
    INSERT INTO event_logs (tenant_id, id) VALUES (${tenantId}::uuid, gen_random_uuid()) ON CONFLICT DO NOTHING`;
  const [progress] = await tx.$queryRaw<Progress[]>`
    SELECT audit_sealed AS sealed, audit_recorded AS recorded, last_sequence AS last FROM event_logs
    WHERE tenant_id = ${tenantId}::uuid FOR NO KEY UPDATE`;
  return progress!;
}

async function changesSince(tx: Tx, tenantId: string, { recorded, sealed }: Progress): Promise<AuditedChange[]> {
  return tx.$queryRaw<AuditedChange[]>`
    SELECT sequence, occurred_at AS "occurredAt", action, actor_type::text AS "actorType", actor_id AS "actorId",
      resource_type AS "resourceType", resource_id AS "resourceId", before, after
    FROM audit_logs WHERE tenant_id = ${tenantId}::uuid AND sequence > ${recorded} AND sequence <= ${sealed}
    ORDER BY sequence LIMIT ${BATCH}`;
}

async function eventsOf(tx: Tx, tenantId: string, changes: AuditedChange[]): Promise<NewEvent[]> {
  const ids = changes.flatMap(({ action, resourceId }) =>
    action.startsWith('license_session.') && resourceId ? [resourceId] : [],
  );
  const sessions =
    ids.length === 0 ? [] : await tx.licenseSession.findMany({ where: { tenantId, id: { in: [...new Set(ids)] } } });
  const byId = new Map(sessions.map((session) => [session.id, session]));
  return changes.flatMap((change) => eventOfChange(change, byId.get(change.resourceId ?? '')) ?? []);
}

async function insertEvents(
  tx: Tx,
  tenantId: string,
  events: NewEvent[],
  { after, now }: { after: bigint; now: Date },
): Promise<void> {
  if (events.length === 0) return;
  await tx.event.createMany({
    data: events.map((event, i) => ({ tenantId, sequence: after + BigInt(i + 1), recordedAt: now, ...event })),
  });
}
