import { Injectable } from '@nestjs/common';
import type { HeartbeatResponse, ReleaseResponse } from '@coditect/contracts/license-sessions';
import type { ProblemCode } from '@coditect/contracts/problem';
import { Database } from '@coditect/db/database';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '#platform/clock';
import { isDatabaseAway } from '#platform/problems/database-away';
import { licenseHeartbeats } from '#platform/observability/metrics';
import { mayDo } from '#platform/access/permissions';
import { ProblemError, temporarilyUnavailable } from '#platform/problems/problem';
import { RedisUnavailable } from '#platform/redis/redis';
import { currentRequest, currentTenant, noteAbout } from '#platform/request-context';
import { LiveEvents } from '#modules/stream/live-events';
import { HeartbeatWriter } from './heartbeat-writer.js';
import { type HeldSession, licenseOf, seatOf, SESSION_COLUMNS } from '../ledger/held-session.js';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { heartbeatIntervalSeconds, problemOfEnd } from './license-session.rules.js';
import { type LicenseRef, SeatLedger } from '../ledger/seat-ledger.js';
import { parseSessionToken } from './session-token.js';

/** Which license session, and by what right: its token's hash, or none when the caller may act on it by role. */
interface Target extends LicenseRef {
  sessionId: string;
  tokenHash: Buffer | null;
}

/** How keeping a seat can be refused: by the state it has come to. */
export const leaseProblems = [
  'session_not_found',
  'lease_lost',
  'license_suspended',
  'license_revoked',
  'license_expired',
  'tenant_suspended',
  'tenant_closed',
  'user_disabled',
  'user_removed',
  'temporarily_unavailable',
] as const satisfies ProblemCode[];

/** Keeping a seat and giving it back. A heartbeat is one Redis script; Postgres is asked only when that does not know. */
@Injectable()
export class SeatLeasesService {
  constructor(
    private readonly db: Database,
    private readonly ledger: SeatLedger,
    private readonly recovery: LedgerRecovery,
    private readonly beats: HeartbeatWriter,
    private readonly clock: Clock,
    private readonly live: LiveEvents,
  ) {}

  /** @throws ProblemError session_not_found, lease_lost, license_*, tenant_*, user_*, temporarily_unavailable */
  async heartbeatByToken(token: string): Promise<HeartbeatResponse> {
    return this.heartbeat(this.enterByToken(token));
  }

  async releaseByToken(token: string): Promise<ReleaseResponse> {
    return this.end(this.enterByToken(token), 'released');
  }

  /** One's own session, or any of the tenant's for those who may end them.
   *  @throws ProblemError session_not_found, forbidden */
  async heartbeatById(sessionId: string): Promise<HeartbeatResponse> {
    const { target } = await this.ownOrManaged(sessionId);
    return this.heartbeat(target);
  }

  /** Ending somebody else's session revokes it; the audit entry names who did. */
  async releaseById(sessionId: string): Promise<ReleaseResponse> {
    const { target, own } = await this.ownOrManaged(sessionId);
    return this.end(target, own ? 'released' : 'revoked');
  }

  /** The token names its tenant: from here on the request runs as that. A bearer token sent along narrows the right, it
   *  must be of the same tenant. */
  private enterByToken(token: string): Target {
    const target = parseSessionToken(token);
    const context = currentRequest();
    if (!target || (context.tenantId && context.tenantId !== target.tenantId))
      throw new ProblemError('session_not_found');
    context.tenantId = target.tenantId;
    noteAbout({ sessionId: target.sessionId });
    return target;
  }

  private async heartbeat(target: Target): Promise<HeartbeatResponse> {
    try {
      const response = await this.extend(target);
      licenseHeartbeats.inc({ result: 'alive' });
      return response;
    } catch (error) {
      licenseHeartbeats.inc({ result: error instanceof ProblemError ? error.code : 'internal_error' });
      throw error;
    }
  }

  private async extend(target: Target): Promise<HeartbeatResponse> {
    try {
      return await this.heartbeatByLedger(target);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      const response = await this.heartbeatByPostgres(target, undefined);
      this.recovery.markStale(target);
      return response;
    }
  }

  private async heartbeatByLedger(target: Target): Promise<HeartbeatResponse> {
    await this.recovery.refresh(target).catch((error: unknown) => {
      if (!isDatabaseAway(error)) throw error; // without Postgres an old ledger is better than none
    });
    const answer = await this.ledger.heartbeat(target, target.sessionId, target.tokenHash);
    // A cold ledger is rebuilt only for a session that exists: a forged token must leave nothing behind in Redis.
    if (answer.verdict !== 'alive') return this.heartbeatByPostgres(target, answer.verdict);
    const { leaseEnd, endsAt, leaseMs, now } = answer;
    this.beats.add({
      tenantId: target.tenantId,
      licenseId: target.licenseId,
      sessionId: target.sessionId,
      leaseEnd: new Date(leaseEnd),
      at: new Date(now),
    });
    return heartbeatResponse(target.sessionId, leaseEnd, endsAt, leaseMs / 1000);
  }

  /**
   * The heartbeat as Postgres sees it: a session still active there has its lease extended and is adopted by the ledger
   * again (design section 5.3); one that has ended is told why.
   */
  private async heartbeatByPostgres(target: Target, ledgerSaid: string | undefined): Promise<HeartbeatResponse> {
    const [alive, any] = await this.db
      .tenantBatch([extendStatement(target, this.clock.offsetMs), readStatement(target)])
      .catch((error: unknown) => {
        if (isDatabaseAway(error))
          throw temporarilyUnavailable('The seat cannot be checked now; it is not lost.', 2, error);
        throw error;
      });
    const row = alive?.rows[0] as HeldSession | undefined;
    if (!row) throw lossOf(any?.rows[0] as HeldSession | undefined, target, this.clock.now());
    if (ledgerSaid !== undefined) await this.recovery.adopt(row);
    return heartbeatResponse(row.id, row.lease_expires_at.getTime(), row.expires_at.getTime(), row.lease_seconds);
  }

  /** Ends a session once; a second time answers how it ended. Postgres first: it is the truth, the ledger follows. */
  private async end(target: Target, how: 'released' | 'revoked'): Promise<ReleaseResponse> {
    const context = currentRequest();
    const [ended, result] = await this.db.tenantBatch([
      {
        name: `seat_end_${how}`,
        text: `WITH ended AS (
            UPDATE license_sessions SET status = '${how}', end_reason = '${how}',
              ended_at = greatest(started_at, clock_timestamp() + make_interval(secs => $9::float8 / 1000))
            WHERE tenant_id = $1 AND id = $2 AND license_id = $10 AND status = 'active'
              AND ($3::bytea IS NULL OR token_hash = $3)
            RETURNING tenant_id, id, user_id, machine_id, seat_no, ended_at
          )
          INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, actor_id, actor_name, action, resource_type,
            resource_id, before, after, ip, user_agent, request_id)
          SELECT e.tenant_id, e.ended_at, $4, $11::actor_type, coalesce($12::uuid, u.id), u.email, 'license_session.${how}', 'license_session', e.id,
            jsonb_build_object('status', 'active', 'user_id', e.user_id),
            jsonb_build_object('status', '${how}', 'seat_no', e.seat_no, 'machine_id', e.machine_id), $5::inet, $6, $7
          FROM ended e JOIN users u ON u.tenant_id = e.tenant_id AND u.id = coalesce($8::uuid, e.user_id)`,
        values: [
          target.tenantId,
          target.sessionId,
          target.tokenHash,
          uuidv7(),
          context.ip ?? null,
          context.userAgent ?? null,
          context.requestId,
          context.actor?.userId ?? null,
          this.clock.offsetMs,
          target.licenseId,
          context.actor?.type ?? 'user',
          context.actor?.id ?? null,
        ],
      },
      readStatement(target),
    ]);
    const row = result?.rows[0] as HeldSession | undefined;
    if (!row || (target.tokenHash && !row.token_hash.equals(target.tokenHash)))
      throw new ProblemError('session_not_found');
    if (row.status === 'active' || !row.ended_at || !row.end_reason) throw new Error('a license session did not end');
    if (ended?.rowCount === 1)
      this.live.publish(target.tenantId, { type: `seat.${how}`, ...seatOf(row), endReason: row.end_reason });
    await this.ledger.forget(licenseOf(row), [row.id]).catch(() => this.recovery.markStale(licenseOf(row)));
    return { session_id: row.id, status: row.status, ended_at: row.ended_at.toISOString(), end_reason: row.end_reason };
  }

  private async ownOrManaged(sessionId: string): Promise<{ target: Target; own: boolean }> {
    const tenantId = currentTenant();
    noteAbout({ sessionId });
    const { actor } = currentRequest();
    const row = await this.db.tenant.licenseSession.findUnique({
      where: { tenantId_id: { tenantId, id: sessionId } },
      select: { licenseId: true, userId: true },
    });
    if (!row) throw new ProblemError('session_not_found');
    const own = row.userId === actor?.userId;
    if (!own && !mayDo(actor, 'license_session:end_any')) {
      // Who may not read it must not learn that it exists.
      if (!mayDo(actor, 'license_session:read_all')) throw new ProblemError('session_not_found');
      throw new ProblemError('forbidden', { detail: 'This license session belongs to a colleague.' });
    }
    return { target: { tenantId, licenseId: row.licenseId, sessionId, tokenHash: null }, own };
  }
}

/**
 * Extends the lease of a session that has not reached its end, by Postgres' clock. One that has lapsed comes back only
 * where there is room: seats may have been lowered since (decision record 0006).
 */
function extendStatement(target: Target, offsetMs: number) {
  return {
    name: 'seat_extend',
    text: `UPDATE license_sessions s
      SET lease_expires_at = greatest(s.lease_expires_at, least(s.expires_at, at.now + make_interval(secs => l.lease_seconds))),
        last_heartbeat_at = greatest(s.last_heartbeat_at, at.now)
      FROM licenses l, (SELECT clock_timestamp() + make_interval(secs => $4::float8 / 1000) AS now) AS at
      WHERE s.tenant_id = $1 AND s.id = $2 AND s.license_id = $5 AND s.status = 'active' AND s.expires_at > at.now
        AND ($3::bytea IS NULL OR s.token_hash = $3) AND l.tenant_id = s.tenant_id AND l.id = s.license_id
        AND (s.lease_expires_at > at.now OR l.seats_total >= s.seat_no + (
          SELECT count(*) FROM license_sessions a WHERE a.tenant_id = s.tenant_id AND a.license_id = s.license_id
            AND a.status = 'active' AND a.seat_no > s.seat_no AND a.lease_expires_at > at.now))
      RETURNING ${SESSION_COLUMNS}`,
    values: [target.tenantId, target.sessionId, target.tokenHash, offsetMs, target.licenseId],
  };
}

function readStatement(target: Target) {
  return {
    name: 'seat_read',
    text: `SELECT ${SESSION_COLUMNS} FROM license_sessions s
      JOIN licenses l ON l.tenant_id = s.tenant_id AND l.id = s.license_id
      WHERE s.tenant_id = $1 AND s.id = $2 AND s.license_id = $3`,
    values: [target.tenantId, target.sessionId, target.licenseId],
  };
}

function lossOf(row: HeldSession | undefined, target: Target, now: Date): ProblemError {
  if (!row || (target.tokenHash && !row.token_hash.equals(target.tokenHash)))
    return new ProblemError('session_not_found');
  // Not recorded as ended yet: it has reached its end, or it has lapsed and there is no room to come back to.
  const reason = row.end_reason ?? (row.expires_at <= now ? 'session_ended' : 'lease_expired');
  return new ProblemError(problemOfEnd(reason), {
    detail: reason === 'session_ended' ? 'The session has reached its end; acquire again.' : undefined,
    members: { session_id: row.id, end_reason: reason, ended_at: (row.ended_at ?? row.expires_at).toISOString() },
  });
}

function heartbeatResponse(
  sessionId: string,
  leaseEnd: number,
  endsAt: number,
  leaseSeconds: number,
): HeartbeatResponse {
  return {
    session_id: sessionId,
    status: 'active',
    lease_expires_at: new Date(leaseEnd).toISOString(),
    heartbeat_interval_seconds: heartbeatIntervalSeconds(leaseSeconds),
    expires_at: new Date(endsAt).toISOString(),
  };
}
