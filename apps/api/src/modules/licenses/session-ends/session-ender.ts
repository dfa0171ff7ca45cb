import { Injectable, Logger } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { LiveEvents } from '#modules/stream/live-events';
import type { EndReason } from '../license-session.rules.js';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { postgresNow } from '../ledger/postgres-now.js';
import { type LicenseRef, SeatLedger } from '../ledger/seat-ledger.js';
import { byCallerOrSystem } from './session-audit.js';
import { type EndedSession, revokeSessions } from './session-end.statements.js';

/** The sessions to end: all live ones of a tenant, or only those of one license or one user. */
export interface EndScope {
  tenantId: string;
  licenseId?: string;
  userId?: string;
}

/**
 * Ends live license sessions because the state of their license, tenant or user has changed. Two steps, because no network
 * call belongs in a transaction: `endWithin` in the transaction of the change, `forgetEnded` after its commit.
 */
@Injectable()
export class SessionEnder {
  private readonly logger = new Logger('license-sessions');

  constructor(
    private readonly ledger: SeatLedger,
    private readonly recovery: LedgerRecovery,
    private readonly clock: Clock,
    private readonly live: LiveEvents,
  ) {}

  /** Ends the sessions in the caller's transaction, and writes their audit entries. Change the state first: a grant in
   *  flight waits for the lock on that row, so that no grant slips through. */
  async endWithin(tx: Tx, { tenantId, licenseId, userId }: EndScope, reason: EndReason): Promise<EndedSession[]> {
    const condition = Prisma.sql`true
      ${licenseId ? Prisma.sql`AND s.license_id = ${licenseId}::uuid` : Prisma.empty}
      ${userId ? Prisma.sql`AND s.user_id = ${userId}::uuid` : Prisma.empty}`;
    return tx.$queryRaw<EndedSession[]>(
      revokeSessions({ tenantId, condition, reason, now: postgresNow(this.clock), origin: byCallerOrSystem() }),
    );
  }

  /** Call it after the commit. Publishes the ends, and takes the sessions out of the ledger. So their next
   *  heartbeats ask Postgres and learn why the sessions have ended. */
  async forgetEnded(tenantId: string, ended: EndedSession[]): Promise<void> {
    for (const session of ended) this.live.publish(tenantId, { type: 'seat.revoked', ...session });
    for (const licenseId of new Set(ended.map((session) => session.licenseId)))
      await this.forget(
        { tenantId, licenseId },
        ended.filter((session) => session.licenseId === licenseId).map(({ sessionId }) => sessionId),
      );
  }

  /** Takes sessions that have ended out of the ledger. If Redis does not answer, the ledger is rebuilt later. */
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
