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
 * Turns committed changes into events: audit entries in the order of their chain, then denials. Events, their
 * deliveries and the progress are written in one transaction that holds the lock of the tenant's log. So each change
 * becomes exactly one event, even if a worker is killed or two run at once (docs/webhooks.md, "How it works").
 */
@Injectable()
export class EventRecorder {
  private readonly logger = new Logger('events');

  constructor(
    private readonly db: Database,
    private readonly sealer: AuditSealer,
    private readonly clock: Clock,
  ) {}

  /** Records what all tenants have committed so far. Takes one batch per tenant in turn, so that a long backlog of one
   *  tenant delays the others by a batch only.
   *  @returns the number of recorded events
   *  @throws Error if a tenant could not be recorded, after all others were tried */
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

  /** Records one batch of a tenant's sealed audit entries and one batch of its denials. */
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
    // A short batch reaches the end of the sealed chain, even if the last entries were archived and not read here.
    const recorded = more ? changes.at(-1)!.sequence : progress.sealed;
    await tx.eventLog.update({ where: { tenantId }, data: { auditRecorded: recorded, lastSequence: last } });
    return { events: events.length, more: more || denials.length === BATCH };
  }
}

/** The tenants that have something to record, in random order, so that a crash loop does not always starve the same
 *  tenants. The recursion steps from tenant to tenant in the index: its cost does not grow with the denials of one
 *  tenant. */
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

/** Locks the tenant's log until the end of the transaction, so that one recorder works on a tenant at a time. */
async function lockLog(tx: Tx, tenantId: string): Promise<Progress> {
  await tx.$executeRaw`
    INSERT INTO event_logs (tenant_id, id) VALUES (${tenantId}::uuid, gen_random_uuid()) ON CONFLICT DO NOTHING`;
  const [progress] = await tx.$queryRaw<Progress[]>`
    SELECT audit_sealed AS sealed, audit_recorded AS recorded, last_sequence AS last FROM event_logs
    WHERE tenant_id = ${tenantId}::uuid FOR NO KEY UPDATE`;
  return progress!;
}

/** The sealed audit entries that are not recorded yet, at most one batch. */
async function changesSince(tx: Tx, tenantId: string, { recorded, sealed }: Progress): Promise<AuditedChange[]> {
  return tx.$queryRaw<AuditedChange[]>`
    SELECT sequence, occurred_at AS "occurredAt", action, actor_type::text AS "actorType", actor_id AS "actorId",
      resource_type AS "resourceType", resource_id AS "resourceId", before, after
    FROM audit_logs WHERE tenant_id = ${tenantId}::uuid AND sequence > ${recorded} AND sequence <= ${sealed}
    ORDER BY sequence LIMIT ${BATCH}`;
}

/** The events of audit entries, with the license sessions that some of them describe. */
async function eventsOf(tx: Tx, tenantId: string, changes: AuditedChange[]): Promise<NewEvent[]> {
  const ids = changes.flatMap(({ action, resourceId }) =>
    action.startsWith('license_session.') && resourceId ? [resourceId] : [],
  );
  const sessions =
    ids.length === 0 ? [] : await tx.licenseSession.findMany({ where: { tenantId, id: { in: [...new Set(ids)] } } });
  const byId = new Map(sessions.map((session) => [session.id, session]));
  return changes.flatMap((change) => eventOfChange(change, byId.get(change.resourceId ?? '')) ?? []);
}

/** Numbers the events without a gap, from `after` + 1 on, and inserts them. */
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
