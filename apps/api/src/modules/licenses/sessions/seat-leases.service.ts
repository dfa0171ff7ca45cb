import { Injectable } from '@nestjs/common';
import type { HeartbeatResponse, ReleaseResponse } from '@coditect/contracts/license-sessions';
import type { ProblemCode } from '@coditect/contracts/problem';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { isDatabaseOutage } from '#platform/problems/database-outage';
import { licenseHeartbeats } from '#platform/observability/metrics';
import { mayDo } from '#platform/access/permissions';
import { ProblemError, temporarilyUnavailable } from '#platform/problems/problem';
import { RedisUnavailable } from '#platform/redis/redis-connection';
import { addToLogContext, currentRequest, currentTenant } from '#platform/request-context';
import { LiveEvents } from '#modules/stream/live-events';
import { HeartbeatWriter } from './heartbeat-writer.js';
import { type HeldSession, seatOf } from '../ledger/held-session.js';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { postgresNow } from '../ledger/postgres-now.js';
import { heartbeatIntervalSeconds, problemOfEnd } from '../license-session.rules.js';
import { SeatLedger } from '../ledger/seat-ledger.js';
import { endLease, extendLease, readSession, type Target } from './seat-lease.statements.js';
import { parseSessionToken } from './session-token.js';

/** The codes with which a heartbeat can be refused. Each names the state of the session. */
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

/** Keeps seats and gives them back. A heartbeat is one Redis script. Postgres is asked only if the ledger cannot
 *  answer. */
@Injectable()
export class SeatLeasesService {
  constructor(
    private readonly db: Database,
    private readonly ledger: SeatLedger,
    private readonly recovery: LedgerRecovery,
    private readonly heartbeats: HeartbeatWriter,
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

  /** Extends the lease of the caller's own session or, with the permission to end it, of any session of the tenant.
   *  @throws ProblemError session_not_found, forbidden */
  async heartbeatById(sessionId: string): Promise<HeartbeatResponse> {
    const { target } = await this.ownOrManaged(sessionId);
    return this.heartbeat(target);
  }

  /** The caller's own session is released, that of another user is revoked. The audit entry names the caller. */
  async releaseById(sessionId: string): Promise<ReleaseResponse> {
    const { target, own } = await this.ownOrManaged(sessionId);
    return this.end(target, own ? 'released' : 'revoked');
  }

  /** The session token names its tenant, and the request goes on as this tenant. A bearer token that comes with it must
   *  belong to the same tenant. */
  private enterByToken(token: string): Target {
    const target = parseSessionToken(token);
    const context = currentRequest();
    if (!target || (context.tenantId && context.tenantId !== target.tenantId))
      throw new ProblemError('session_not_found');
    context.tenantId = target.tenantId;
    addToLogContext({ sessionId: target.sessionId });
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
      if (!isDatabaseOutage(error)) throw error; // without Postgres, a stale ledger is better than none
    });
    const answer = await this.ledger.heartbeat(target, target.sessionId, target.tokenHash);
    // A cold ledger is rebuilt only for a session that exists: a forged token must write nothing to Redis.
    if (answer.verdict !== 'alive') return this.heartbeatByPostgres(target, answer.verdict);
    const { leaseEnd, endsAt, leaseMs, now } = answer;
    this.heartbeats.add({
      tenantId: target.tenantId,
      licenseId: target.licenseId,
      sessionId: target.sessionId,
      leaseEnd: new Date(leaseEnd),
      at: new Date(now),
    });
    return heartbeatResponse(target.sessionId, leaseEnd, endsAt, leaseMs / 1000);
  }

  /**
   * A heartbeat by Postgres alone. A session that is still active there has its lease extended, and the ledger adopts it
   * again (docs/seats.md, rule 3). For one that has ended, the problem says why.
   */
  private async heartbeatByPostgres(target: Target, ledgerVerdict: string | undefined): Promise<HeartbeatResponse> {
    const [alive, any] = await this.db
      .tenantBatch([extendLease(target, postgresNow(this.clock)), readSession(target)])
      .catch((error: unknown) => {
        if (isDatabaseOutage(error))
          throw temporarilyUnavailable('The seat cannot be checked now; it is not lost.', 2, error);
        throw error;
      });
    const [session] = alive.rows;
    if (!session) throw lossOf(any.rows[0], target, this.clock.now());
    if (ledgerVerdict !== undefined) await this.recovery.adopt(session);
    const { sessionId, leaseExpiresAt, expiresAt, leaseSeconds } = session;
    return heartbeatResponse(sessionId, leaseExpiresAt.getTime(), expiresAt.getTime(), leaseSeconds);
  }

  /** Ends a session once; a repeated call returns how it ended. Postgres first, because it decides; then the ledger. */
  private async end(target: Target, how: 'released' | 'revoked'): Promise<ReleaseResponse> {
    const [ended, result] = await this.db.tenantBatch([
      endLease(target, how, postgresNow(this.clock)),
      readSession(target),
    ]);
    const [session] = result.rows;
    if (!session || (target.tokenHash && !session.tokenHash.equals(target.tokenHash)))
      throw new ProblemError('session_not_found');
    const { sessionId, status, endedAt, endReason } = session;
    if (status === 'active' || !endedAt || !endReason) throw new Error('a license session did not end');
    if (ended.rowCount === 1)
      this.live.publish(target.tenantId, { type: `seat.${how}`, ...seatOf(session), endReason });
    await this.ledger.forget(session, [sessionId]).catch(() => this.recovery.markStale(session));
    return { session_id: sessionId, status, ended_at: endedAt.toISOString(), end_reason: endReason };
  }

  private async ownOrManaged(sessionId: string): Promise<{ target: Target; own: boolean }> {
    const tenantId = currentTenant();
    addToLogContext({ sessionId });
    const { actor } = currentRequest();
    const row = await this.db.tenant.licenseSession.findUnique({
      where: { tenantId_id: { tenantId, id: sessionId } },
      select: { licenseId: true, userId: true },
    });
    if (!row) throw new ProblemError('session_not_found');
    const own = row.userId === actor?.userId;
    if (!own && !mayDo(actor, 'license_session:end_any')) {
      // Answer 404, not 403, to callers without permission to read it.
      if (!mayDo(actor, 'license_session:read_all')) throw new ProblemError('session_not_found');
      throw new ProblemError('forbidden', { detail: 'This license session belongs to a colleague.' });
    }
    return { target: { tenantId, licenseId: row.licenseId, sessionId, tokenHash: null }, own };
  }
}

/** The problem of a heartbeat that found no session to extend. */
function lossOf(session: HeldSession | undefined, target: Target, now: Date): ProblemError {
  if (!session || (target.tokenHash && !session.tokenHash.equals(target.tokenHash)))
    return new ProblemError('session_not_found');
  // No recorded reason: the session has reached its end, or it has lapsed and no seat is left for it.
  const reason = session.endReason ?? (session.expiresAt <= now ? 'session_ended' : 'lease_expired');
  return new ProblemError(problemOfEnd(reason), {
    detail: reason === 'session_ended' ? 'The session has reached its end; acquire again.' : undefined,
    members: {
      session_id: session.sessionId,
      end_reason: reason,
      ended_at: (session.endedAt ?? session.expiresAt).toISOString(),
    },
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
