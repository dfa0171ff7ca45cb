import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { RedisUnavailable } from '#platform/redis/redis';
import { LiveEvents } from '#modules/stream/live-events';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { type LicenseRef, SeatLedger } from '../ledger/seat-ledger.js';

const BATCH = 500;
/** A lease is looked at only this long after its recorded end: the last heartbeats may not have been written. */
const UNRECORDED_BEATS_SECONDS = 30;

interface Lapsed extends LicenseRef {
  sessionId: string;
}

interface Expired {
  sessionId: string;
  licenseId: string;
  userId: string;
  machineId: string;
  seatNo: number;
  endReason: string;
}

/**
 * Records lapsed sessions as expired, with their audit entries. Seats do not wait for it: a lapsed seat is free for the
 * next acquire at once (design section 5.6). A session is expired only if neither the ledger nor Postgres knows of a
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

  /** Answers how many sessions it recorded. Can run twice at once, and again. */
  async sweep(): Promise<number> {
    let recorded = 0;
    let after = { tenantId: '00000000-0000-0000-0000-000000000000', sessionId: '00000000-0000-0000-0000-000000000000' };
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
    const { rows } = await this.db.systemQuery<{ tenantId: string; licenseId: string; sessionId: string }>(
      `SELECT tenant_id AS "tenantId", license_id AS "licenseId", id AS "sessionId" FROM license_sessions
       WHERE status = 'active' AND (tenant_id, id) > ($1::uuid, $2::uuid)
         AND lease_expires_at < clock_timestamp() + make_interval(secs => $3::float8 / 1000 - $4)
       ORDER BY tenant_id, id LIMIT $5`,
      [after.tenantId, after.sessionId, this.clock.offsetMs, UNRECORDED_BEATS_SECONDS, BATCH],
    );
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
      // Without Redis nobody knows of a later lease than Postgres does.
      if (!(error instanceof RedisUnavailable)) throw error;
    }
    return this.record(license.tenantId, lapsed);
  }

  // Conditional on the lease being over still: a heartbeat that came meanwhile has extended it in Postgres.
  private async record(tenantId: string, ids: string[]): Promise<number> {
    const { rows } = await this.db.systemQuery<Expired>(
      `WITH expired AS (
        UPDATE license_sessions SET status = 'expired', ended_at = lease_expires_at,
          end_reason = CASE WHEN lease_expires_at >= expires_at THEN 'session_ended' ELSE 'lease_expired' END
        WHERE tenant_id = $1 AND id IN (
            SELECT id FROM license_sessions WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND status = 'active'
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
          AND status = 'active' AND lease_expires_at <= clock_timestamp() + make_interval(secs => $3::float8 / 1000)
        RETURNING tenant_id, id, license_id, user_id, machine_id, seat_no, lease_expires_at, end_reason
      ), audited AS (
        INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, action, resource_type, resource_id, before, after)
        SELECT tenant_id, clock_timestamp(), gen_random_uuid(), 'system', 'license_session.expired', 'license_session', id,
          jsonb_build_object('status', 'active', 'user_id', user_id),
          jsonb_build_object('status', 'expired', 'end_reason', end_reason, 'seat_no', seat_no, 'machine_id', machine_id,
            'lease_expires_at', lease_expires_at)
        FROM expired
      )
      SELECT id AS "sessionId", license_id AS "licenseId", user_id AS "userId", machine_id AS "machineId",
        seat_no AS "seatNo", end_reason AS "endReason"
      FROM expired`,
      [tenantId, ids, this.clock.offsetMs],
    );
    for (const session of rows) this.live.publish(tenantId, { type: 'seat.expired', ...session });
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
