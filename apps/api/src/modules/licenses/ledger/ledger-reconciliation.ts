import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { setLedgerDrift } from '#platform/observability/metrics';
import { type HeldSession, selectHeldSessions } from './held-session.js';
import { LedgerRecovery } from './ledger-recovery.js';
import { postgresNow } from './postgres-now.js';
import { type LicenseRef, SeatLedger } from './seat-ledger.js';

/** Limits of one chunk, so that memory does not grow with the number of licenses or seats. */
const LICENSES_AT_ONCE = 500;
const SEATS_AT_ONCE = 10_000;
/** A grant, release or heartbeat reaches one of the two stores a moment earlier than the other. A difference younger
 *  than this does not count. */
const GRACE_SECONDS = 5;
const IDS_IN_LOG = 20;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface ListedLicense extends LicenseRef {
  seatsTotal: number;
}
interface ActiveSession {
  tenantId: string;
  licenseId: string;
  id: string;
  /** Whether the session started more than GRACE_SECONDS ago, and its lease ends later than GRACE_SECONDS from now. */
  settled: boolean;
}
/** The sessions of one license that only the ledger or only Postgres has as live. */
interface Drift {
  license: LicenseRef;
  /** Sessions in Postgres but not in the ledger: their seats could be proposed again. */
  missing: string[];
  /** Sessions in the ledger but not in Postgres: they block seats that are free. */
  ghosts: string[];
}
export interface Reconciliation {
  licenses: number;
  /** The number of sessions that are active in Postgres. */
  sessions: number;
  missing: number;
  ghosts: number;
  healed: number;
}

/**
 * Compares the ledger of every license with the sessions that are active in Postgres, and repairs differences older than a
 * grace of 5 s. A cold ledger is no difference: the next call that needs it rebuilds it. Two runs at once are safe, and so
 * is a run beside any grant. A session that is taken out of a ledger has ended in Postgres for good. A session that is put
 * in goes through the same script, and the same second check, as one that is adopted by its own heartbeat.
 */
@Injectable()
export class LedgerReconciliation {
  private readonly logger = new Logger('ledger-reconciliation');

  constructor(
    private readonly db: Database,
    private readonly ledger: SeatLedger,
    private readonly recovery: LedgerRecovery,
    private readonly clock: Clock,
  ) {}

  /** Returns totals over all licenses.
   *  @throws RedisUnavailable */
  async run(): Promise<Reconciliation> {
    const total: Reconciliation = { licenses: 0, sessions: 0, missing: 0, ghosts: 0, healed: 0 };
    for await (const licenses of this.chunks()) {
      total.licenses += licenses.length;
      const { sessions, drifts } = await this.compare(licenses);
      total.sessions += sessions;
      for (const drift of drifts) {
        total.missing += drift.missing.length;
        total.ghosts += drift.ghosts.length;
        total.healed += await this.heal(drift);
      }
    }
    setLedgerDrift(total.missing + total.ghosts);
    return total;
  }

  private async *chunks(): AsyncGenerator<ListedLicense[]> {
    let chunk: ListedLicense[] = [];
    let seats = 0;
    for await (const license of this.licenses()) {
      if (chunk.length === LICENSES_AT_ONCE || (chunk.length > 0 && seats + license.seatsTotal > SEATS_AT_ONCE)) {
        yield chunk;
        [chunk, seats] = [[], 0];
      }
      chunk.push(license);
      seats += license.seatsTotal;
    }
    if (chunk.length > 0) yield chunk;
  }

  private async *licenses(): AsyncGenerator<ListedLicense> {
    let after: LicenseRef = { tenantId: FIRST_ID, licenseId: FIRST_ID };
    for (;;) {
      const { rows } = await this.db.systemQuery<ListedLicense>(
        `SELECT tenant_id AS "tenantId", id AS "licenseId", seats_total AS "seatsTotal" FROM licenses
         WHERE (tenant_id, id) > ($1::uuid, $2::uuid) ORDER BY tenant_id, id LIMIT $3`,
        [after.tenantId, after.licenseId, LICENSES_AT_ONCE],
      );
      yield* rows;
      const last = rows.at(-1);
      if (!last || rows.length < LICENSES_AT_ONCE) return;
      after = last;
    }
  }

  /** Reads the ledger before Postgres. A session that was in the ledger and is not active in Postgres afterwards has ended,
   *  and an ended session never becomes active again. */
  private async compare(licenses: LicenseRef[]): Promise<{ sessions: number; drifts: Drift[] }> {
    const ledgers = await Promise.all(licenses.map((license) => this.ledger.live(license)));
    const active = await this.activeSessions(licenses);
    const byLicense = new Map<string, ActiveSession[]>(licenses.map(({ licenseId }) => [licenseId, []]));
    for (const session of active) byLicense.get(session.licenseId)?.push(session);
    const drifts: Drift[] = [];
    for (const [i, license] of licenses.entries()) {
      const ledger = ledgers[i]!;
      if (ledger === 'cold') continue;
      const rows = byLicense.get(license.licenseId) ?? [];
      const known = new Set(rows.map(({ id }) => id));
      const missing = rows.filter(({ id, settled }) => settled && !ledger.has(id)).map(({ id }) => id);
      const ghosts = [...ledger].filter(([id, confirmed]) => confirmed && !known.has(id)).map(([id]) => id);
      if (missing.length + ghosts.length > 0)
        drifts.push({ license, missing, ghosts: await this.endedBefore(license, ghosts) });
    }
    return { sessions: active.length, drifts: drifts.filter((d) => d.missing.length + d.ghosts.length > 0) };
  }

  private async activeSessions(licenses: LicenseRef[]): Promise<ActiveSession[]> {
    const { text, values } = Prisma.sql`
      SELECT s.tenant_id AS "tenantId", s.license_id AS "licenseId", s.id,
        s.started_at < at.now - grace.time AND s.lease_expires_at > at.now + grace.time AS settled
      FROM unnest(${licenses.map((l) => l.tenantId)}::uuid[], ${licenses.map((l) => l.licenseId)}::uuid[])
        AS l(tenant_id, id)
      JOIN license_sessions s ON s.tenant_id = l.tenant_id AND s.license_id = l.id AND s.status = 'active',
        (SELECT ${postgresNow(this.clock)} AS now) AS at,
        (SELECT make_interval(secs => ${GRACE_SECONDS}) AS time) AS grace`;
    const { rows } = await this.db.systemQuery<ActiveSession>(text, values);
    return rows;
  }

  /** Leaves out sessions that ended less than GRACE_SECONDS ago: the ledger is about to learn of their end. */
  private async endedBefore({ tenantId }: LicenseRef, ids: string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { text, values } = Prisma.sql`
      SELECT id FROM license_sessions WHERE tenant_id = ${tenantId}::uuid AND id = ANY (${ids}::uuid[])
        AND (status = 'active' OR ended_at > ${postgresNow(this.clock)} - make_interval(secs => ${GRACE_SECONDS}))`;
    const { rows } = await this.db.systemQuery<{ id: string }>(text, values);
    const recent = new Set(rows.map(({ id }) => id));
    return ids.filter((id) => !recent.has(id));
  }

  /** Returns how many of the sessions both stores agree about afterwards. */
  private async heal({ license, missing, ghosts }: Drift): Promise<number> {
    this.logger.warn({
      msg: 'seat ledger and Postgres differ',
      tenant_id: license.tenantId,
      license_id: license.licenseId,
      missing: missing.length,
      missing_ids: missing.slice(0, IDS_IN_LOG),
      ghosts: ghosts.length,
      ghost_ids: ghosts.slice(0, IDS_IN_LOG),
    });
    // Ghosts first: they may block the seats of the missing sessions.
    await this.ledger.forget(license, ghosts);
    const refused = await this.recovery.adoptAll(license, await this.stillHeld(license, missing));
    if (refused.length === 0) return missing.length + ghosts.length;
    // A grant in flight may have taken the seat or holder. It is decided before the next run, so leave it alone.
    const ledger = await this.ledger.live(license);
    const inFlight = ledger !== 'cold' && [...ledger.values()].includes(false);
    if (!inFlight) await this.recovery.rebuild(license, ledger === 'cold' ? 'cold' : 'force');
    return missing.length + ghosts.length - (inFlight ? refused.length : 0);
  }

  private async stillHeld({ tenantId, licenseId }: LicenseRef, ids: string[]): Promise<HeldSession[]> {
    if (ids.length === 0) return [];
    const { text, values } = selectHeldSessions(
      Prisma.sql`s.tenant_id = ${tenantId} AND s.license_id = ${licenseId} AND s.id = ANY (${ids}::uuid[])
        AND s.status = 'active' AND s.lease_expires_at > ${postgresNow(this.clock)}`,
    );
    const { rows } = await this.db.systemQuery<HeldSession>(text, values);
    return rows;
  }
}
