import { Injectable, Logger } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { AuditSealer } from '#modules/audit/chain/audit-sealer';
import { type AuditedChange, eventOfChange, eventOfDenial, type NewEvent } from './event-sources.js';
import { planDeliveries } from './planned-deliveries.js';

const BATCH = 500;

interface Progress {
  sealed: bigint;
  recorded: bigint;
  last: bigint;
}

/** How many events were recorded, and whether there may be more to record. */
interface Recorded {
  events: number;
  more: boolean;
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

  /** Records what all tenants have committed until now, one batch of each in turn: nobody waits until a longer backlog is
   *  done. Answers how many events that were.
   *  @throws Error when a tenant's could not be recorded, after all others were tried */
  async recordAll(): Promise<number> {
    const unsealed = new Set<string>();
    const failed = new Set<string>();
    let total = 0;
    for (let more = true; more;) {
      const sealed = await this.sealer.sealRound(unsealed);
      const recorded = await this.recordRound(failed);
      total += recorded.events;
      more = sealed.more || recorded.more;
    }
    if (failed.size > 0) throw new Error(`the events of ${failed.size} tenants could not be recorded`);
    return total;
  }

  private async recordRound(failed: Set<string>): Promise<Recorded> {
    const { rows } = await this.db.systemQuery<{ tenant_id: string }>(BEHIND);
    const round = { events: 0, more: false };
    for (const { tenant_id: tenantId } of rows) {
      if (failed.has(tenantId)) continue;
      try {
        const { events, more } = await this.record(tenantId);
        round.events += events;
        round.more ||= more;
      } catch (error) {
        failed.add(tenantId);
        this.logger.error({ msg: 'events could not be recorded', tenant_id: tenantId, err: String(error) });
      }
    }
    return round;
  }

  /** Records a batch of what a tenant has sealed, and of its denials. */
  async record(tenantId: string): Promise<Recorded> {
    return this.db.systemTx((tx) => this.recordBatch(tx, tenantId));
  }

  private async recordBatch(tx: Tx, tenantId: string): Promise<Recorded> {
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

/** The tenants that have something to record, in an order that is another each time: whoever is killed in every round does
 *  not always leave out the same. From one tenant to the next by the index, however many denials one has. */
const BEHIND = `
  WITH RECURSIVE denied AS (
    (SELECT tenant_id FROM denials WHERE event_recorded_at IS NULL ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT next.tenant_id FROM denied CROSS JOIN LATERAL (
      SELECT d.tenant_id FROM denials d WHERE d.event_recorded_at IS NULL AND d.tenant_id > denied.tenant_id
      ORDER BY d.tenant_id LIMIT 1) AS next
  )
  SELECT tenant_id FROM (
    SELECT tenant_id FROM event_logs WHERE audit_recorded < audit_sealed UNION SELECT tenant_id FROM denied) AS behind
  ORDER BY random()`;

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
