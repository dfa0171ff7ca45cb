import { Injectable, Logger } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { currentRequest } from '#platform/request-context';
import { LiveEvents } from '#modules/stream/live-events';
import type { EndReason } from './license-session.rules.js';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { type LicenseRef, SeatLedger } from '../ledger/seat-ledger.js';

/** Whose live sessions end: all of the tenant's, one license's, or one user's. */
export interface EndScope {
  tenantId: string;
  licenseId?: string;
  userId?: string;
}
export interface EndedSession {
  id: string;
  licenseId: string;
  userId: string;
  machineId: string;
  seatNo: number;
  endReason: EndReason;
}

/**
 * Ends live license sessions because the state of their license, tenant or user changed. Two steps, because no network
 * call belongs in a transaction: `endWithin` in the transaction of the change, `strikeOff` after its commit.
 */
@Injectable()
export class SessionEnding {
  private readonly logger = new Logger('license-sessions');

  constructor(
    private readonly ledger: SeatLedger,
    private readonly recovery: LedgerRecovery,
    private readonly clock: Clock,
    private readonly live: LiveEvents,
  ) {}

  /** Ends and audits them in the caller's transaction. Change the state first: its row lock is what a grant in flight
   *  waits for, so that no grant slips through. Sessions are locked in the order of their ids, as by all who lock several:
   *  nobody waits for the other in a circle. */
  async endWithin(tx: Tx, scope: EndScope, reason: EndReason): Promise<EndedSession[]> {
    const context = currentRequest();
    const actor = context.actor ?? { type: 'system' as const };
    const offset = this.clock.offsetMs;
    return tx.$queryRaw<EndedSession[]>`
      WITH live AS (
        SELECT id FROM license_sessions
        WHERE tenant_id = ${scope.tenantId}::uuid AND status = 'active'
          ${scope.licenseId ? Prisma.sql`AND license_id = ${scope.licenseId}::uuid` : Prisma.empty}
          ${scope.userId ? Prisma.sql`AND user_id = ${scope.userId}::uuid` : Prisma.empty}
        ORDER BY id FOR NO KEY UPDATE
      ), ended AS (
        UPDATE license_sessions s
        SET status = 'revoked', end_reason = ${reason},
          ended_at = greatest(s.started_at, clock_timestamp() + make_interval(secs => ${offset}::float8 / 1000))
        FROM live WHERE s.tenant_id = ${scope.tenantId}::uuid AND s.id = live.id
        RETURNING s.tenant_id, s.id, s.license_id, s.user_id, s.machine_id, s.seat_no, s.ended_at
      ), audited AS (
        INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, actor_id, actor_name, action, resource_type,
          resource_id, before, after, ip, user_agent, request_id)
        SELECT e.tenant_id, e.ended_at, gen_random_uuid(), ${actor.type}::actor_type, ${actor.id ?? null}::uuid, u.email,
          'license_session.revoked', 'license_session', e.id,
          jsonb_build_object('status', 'active', 'user_id', e.user_id),
          jsonb_build_object('status', 'revoked', 'end_reason', ${reason}::text, 'seat_no', e.seat_no, 'machine_id', e.machine_id),
          ${context.ip ?? null}::inet, ${context.userAgent ?? null}, ${context.requestId}
        FROM ended e LEFT JOIN users u ON u.tenant_id = e.tenant_id AND u.id = ${actor.userId ?? null}::uuid
      )
      SELECT id, license_id AS "licenseId", user_id AS "userId", machine_id AS "machineId", seat_no AS "seatNo",
        ${reason}::text AS "endReason"
      FROM ended`;
  }

  /** After the commit: whoever watches is told, and the ledger lets go of them, so that their next heartbeat asks Postgres
   *  and is told why. */
  async strikeOff(tenantId: string, ended: EndedSession[]): Promise<void> {
    for (const { id, ...session } of ended)
      this.live.publish(tenantId, { type: 'seat.revoked', sessionId: id, ...session });
    for (const licenseId of new Set(ended.map((session) => session.licenseId)))
      await this.forget(
        { tenantId, licenseId },
        ended.filter((session) => session.licenseId === licenseId).map((session) => session.id),
      );
  }

  /** Lets the ledger go of sessions that are known to have ended; when it cannot be reached now, later. */
  async forget(license: LicenseRef, sessionIds: string[]): Promise<void> {
    try {
      await this.ledger.forget(license, sessionIds);
    } catch (error) {
      this.recovery.markStale(license);
      this.logger.warn({
        msg: 'ended sessions wait to leave the ledger',
        tenant_id: license.tenantId,
        license_id: license.licenseId,
        err: String(error),
      });
    }
  }
}
