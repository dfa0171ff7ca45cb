import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { RedisUnavailable } from '#platform/redis/redis-connection';
import { LiveEvents } from '#modules/stream/live-events';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { postgresNow } from '../ledger/postgres-now.js';
import { type LicenseRef, SeatLedger } from '../ledger/seat-ledger.js';
import { UNRECORDED_HEARTBEATS_MS } from '../license-session.rules.js';
import { type EndedSession, expireSessions } from './session-end.statements.js';

const BATCH = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface Lapsed extends LicenseRef {
  sessionId: string;
}

/**
 * Records lapsed sessions as expired, with their audit entries. Seats do not wait for it: a lapsed seat is free for the
 * next acquire at once (docs/seats.md, rule 6). A session is recorded only if neither the ledger nor Postgres knows a
 * later lease at that moment.
 */
@Injectable()
export class SessionSweeper {
  private readonly logger = new Logger('session-sweeper');

  constructor(
    private readonly db: Database,
    private readonly ledger: SeatLedger,
    private readonly recovery: LedgerRecovery,
    private readonly clock: Clock,
    private readonly live: LiveEvents,
  ) {}

  /** Returns how many sessions it recorded. Two runs at once are safe. */
  async sweep(): Promise<number> {
    let recorded = 0;
    let after = { tenantId: FIRST_ID, sessionId: FIRST_ID };
    for (;;) {
      const candidates = await this.candidates(after);
      for (const group of byLicense(candidates)) recorded += await this.recordGroup(group);
      const last = candidates.at(-1);
      if (!last || candidates.length < BATCH) break;
      after = last;
    }
    if (recorded > 0) this.logger.log({ msg: 'lapsed license sessions recorded', count: recorded });
    return recorded;
  }

  private async candidates(after: { tenantId: string; sessionId: string }): Promise<Lapsed[]> {
    const { text, values } = Prisma.sql`SELECT tenant_id AS "tenantId", license_id AS "licenseId", id AS "sessionId"
      FROM license_sessions
      WHERE status = 'active' AND (tenant_id, id) > (${after.tenantId}::uuid, ${after.sessionId}::uuid)
        AND lease_expires_at < ${postgresNow(this.clock)} - make_interval(secs => ${UNRECORDED_HEARTBEATS_MS / 1000})
      ORDER BY tenant_id, id LIMIT ${BATCH}`;
    const { rows } = await this.db.systemQuery<Lapsed>(text, values);
    return rows;
  }

  private async recordGroup(group: Lapsed[]): Promise<number> {
    const license = group[0]!;
    const ids = group.map((session) => session.sessionId);
    let lapsed = ids;
    try {
      let ends = await this.ledger.leaseEnds(license, ids);
      if (ends === 'cold') {
        await this.recovery.rebuild(license, 'cold');
        ends = await this.ledger.leaseEnds(license, ids);
      }
      if (ends === 'cold') return 0;
      const { leaseEnds } = ends;
      lapsed = ids.filter((_, i) => leaseEnds[i] === 0);
    } catch (error) {
      // Without Redis, Postgres knows the latest leases.
      if (!(error instanceof RedisUnavailable)) throw error;
    }
    return this.record(license, lapsed);
  }

  /** Checks each lease again: a heartbeat may have extended it since the read. */
  private async record(license: LicenseRef, ids: string[]): Promise<number> {
    const { text, values } = expireSessions({
      license,
      condition: Prisma.sql`s.id = ANY (${ids}::uuid[])`,
      now: postgresNow(this.clock),
      requestId: null,
      skipLocked: true,
    });
    const { rows } = await this.db.systemQuery<EndedSession>(text, values);
    for (const session of rows) this.live.publish(license.tenantId, { type: 'seat.expired', ...session });
    return rows.length;
  }
}

function byLicense(sessions: Lapsed[]): Lapsed[][] {
  const groups = new Map<string, Lapsed[]>();
  for (const session of sessions) {
    const group = groups.get(session.licenseId);
    if (group) group.push(session);
    else groups.set(session.licenseId, [session]);
  }
  return [...groups.values()];
}
