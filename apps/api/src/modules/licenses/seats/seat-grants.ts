import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { type License, Prisma } from '@coditect/db/generated/prisma/client';
import { named } from '@coditect/db/named-statement';
import type { ProblemCode } from '@coditect/contracts/problem';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '#platform/clock';
import { Keys } from '#platform/secrets/keys';
import { isAllowed } from '#platform/access/permissions';
import { temporarilyUnavailable } from '#platform/problems/problem';
import { RedisUnavailable } from '#platform/redis/redis-connection';
import { LiveEvents } from '#modules/stream/live-events';
import { type HeldSession, seatOf, selectHeldSessions } from '../ledger/held-session.js';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { postgresNow } from '../ledger/postgres-now.js';
import { refusalByLicense, UNRECORDED_HEARTBEATS_MS } from '../license-session.rules.js';
import { byCallerOrHolder } from '../session-ends/session-audit.js';
import { grantStatements, type LockedState, readHolder, updateFingerprint } from './seat-grant.statements.js';
import { type LedgerGrant, type LicenseRef, SeatLedger } from '../ledger/seat-ledger.js';
import { hashOf, newTokenSalt } from '../sessions/session-token.js';

export interface SeatRequest {
  userId: string;
  machineId: string;
  hardwareFingerprint?: unknown;
}
export type GrantOutcome =
  | { kind: 'granted'; session: HeldSession; created: boolean }
  | { kind: 'full' }
  | { kind: 'refused'; code: ProblemCode };

/** A seat number and times to record, from the ledger or, without it, chosen by Postgres. */
interface Proposal {
  sessionId: string;
  seatNo: number | undefined;
  tokenSalt: Buffer;
  tokenHash: Buffer;
  now: number;
  endsAt: number;
  lapsed: string[];
}

const MAX_ATTEMPTS = 8;

/**
 * Grants seats: the ledger proposes, Postgres decides (docs/seats.md, rules 1 and 2). A grant exists once its row is
 * committed. A row that does not go in shows that the ledger is wrong, and the ledger is rebuilt.
 */
@Injectable()
export class SeatGrants {
  constructor(
    private readonly db: Database,
    private readonly ledger: SeatLedger,
    private readonly recovery: LedgerRecovery,
    private readonly keys: Keys,
    private readonly clock: Clock,
    private readonly live: LiveEvents,
  ) {}

  /** Takes a seat of this license for the holder, or finds the one that the holder already has.
   *  @throws ProblemError temporarily_unavailable when ledger and Postgres still disagree after several attempts */
  async grant(license: License, request: SeatRequest): Promise<GrantOutcome> {
    try {
      return await this.grantByLedger(license, request);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      return this.grantByPostgres(license, request);
    }
  }

  private async grantByLedger(license: License, request: SeatRequest): Promise<GrantOutcome> {
    const ref: LicenseRef = { tenantId: license.tenantId, licenseId: license.id };
    await this.recovery.refresh(ref);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const answer = await this.ledger.acquire(ref, this.proposal(license, request));
      if (answer.verdict === 'full') {
        const held = await this.readHeld(ref, request);
        if (!held || held.leaseExpiresAt.getTime() <= answer.now) return { kind: 'full' };
        await this.recovery.adopt(held);
        continue;
      }
      if (answer.verdict === 'cold') {
        await this.recovery.rebuild(ref, 'cold');
        continue;
      }
      const outcome = answer.confirmed
        ? await this.readConfirmed(ref, answer, request)
        : await this.record(ref, answer, license, request);
      if (outcome) return outcome;
    }
    throw temporarilyUnavailable('The seats of this license are being recounted.', 1);
  }

  /** Reads a session that the ledger says is held and committed. Returns undefined if Postgres disagrees. The caller
   *  must then acquire again. */
  private async readConfirmed(
    ref: LicenseRef,
    { sessionId, leaseEnd }: LedgerGrant,
    request: SeatRequest,
  ): Promise<GrantOutcome | undefined> {
    const [result] = await this.db.tenantBatch([
      named<HeldSession>(
        'grant_read_confirmed',
        selectHeldSessions(Prisma.sql`s.tenant_id = ${ref.tenantId} AND s.id = ${sessionId} AND s.status = 'active'`),
      ),
      ...(request.hardwareFingerprint === undefined ? [] : [updateFingerprint({ ...ref, ...request })]),
    ]);
    const [row] = result.rows;
    if (row) return { kind: 'granted', session: { ...row, leaseExpiresAt: new Date(leaseEnd) }, created: false };
    await this.ledger.forget(ref, [sessionId]);
    return undefined;
  }

  /** The holder's own session, which the ledger does not know after it was restored to an older state. */
  private async readHeld(ref: LicenseRef, request: SeatRequest): Promise<HeldSession | undefined> {
    const [result] = await this.db.tenantBatch([readHolder({ ...ref, ...request })]);
    return result.rows[0];
  }

  private async record(
    ref: LicenseRef,
    grant: LedgerGrant,
    license: License,
    request: SeatRequest,
  ): Promise<GrantOutcome | undefined> {
    let written;
    try {
      written = await this.write(license, request, grant, null);
    } catch (error) {
      // After a broken connection the commit is unknown. If there is a row, a later acquire or heartbeat finds it.
      await this.ledger.forget(ref, [grant.sessionId]).catch(() => {});
      throw error;
    }
    const { state, expired, created, held } = written;
    if (held?.sessionId === grant.sessionId) {
      // Not awaited: the grant is committed. If this is lost, the short lease lapses and the row is adopted again.
      void this.ledger.confirm(ref, held.sessionId, expired).catch(() => {});
      return { kind: 'granted', session: held, created };
    }
    await this.ledger.forget(ref, [grant.sessionId]);
    if (held) {
      const session = renewed(held, grant.now);
      await this.recovery.adopt(session);
      return { kind: 'granted', session, created: false };
    }
    const code = refusalByState(state, new Date(grant.now));
    if (code) return { kind: 'refused', code };
    await this.recovery.rebuild(ref, 'force');
    // Postgres had no room for the seat: the caller read the license before its seats were lowered.
    return state && state.seatsTotal < license.seatsTotal ? { kind: 'full' } : undefined;
  }

  /** Grants a seat without Redis. This is slower, and runs one grant of a license at a time. It never grants more
   *  seats than the license has. */
  private async grantByPostgres(license: License, request: SeatRequest): Promise<GrantOutcome> {
    this.recovery.markStale({ tenantId: license.tenantId, licenseId: license.id });
    const now = await this.databaseNow();
    const args = this.proposal(license, request);
    const endsAt = Math.min(now + args.sessionMs, license.validUntil?.getTime() ?? Infinity);
    const lapsedBefore = new Date(now - UNRECORDED_HEARTBEATS_MS);
    const { state, created, held } = await this.write(
      license,
      request,
      { ...args, seatNo: undefined, now, endsAt, lapsed: [] },
      lapsedBefore,
    );
    if (held) return { kind: 'granted', session: created ? held : renewed(held, now), created };
    const code = refusalByState(state, new Date(now));
    return code ? { kind: 'refused', code } : { kind: 'full' };
  }

  private async write(license: License, request: SeatRequest, proposal: Proposal, lapsedBefore: Date | null) {
    const [state, lapsed, , inserted, holder] = await this.db.tenantBatch(
      grantStatements({
        ...request,
        ...proposal,
        hardwareFingerprint: request.hardwareFingerprint,
        tenantId: license.tenantId,
        licenseId: license.id,
        now: new Date(proposal.now),
        leaseEnd: new Date(Math.min(proposal.now + license.leaseSeconds * 1000, proposal.endsAt)),
        endsAt: new Date(proposal.endsAt),
        lapsedBefore,
        exclusive: proposal.seatNo === undefined,
        machineRowId: uuidv7(),
        auditId: uuidv7(),
        origin: byCallerOrHolder(),
      }),
    );
    const expired = lapsed.rows;
    const created = inserted.rowCount === 1;
    const [held] = holder.rows;
    for (const session of expired) this.live.publish(license.tenantId, { type: 'seat.expired', ...session });
    if (created && held) this.live.publish(license.tenantId, { type: 'seat.acquired', ...seatOf(held) });
    return { state: state.rows[0], expired, created, held };
  }

  private proposal(license: License, request: SeatRequest) {
    const sessionId = uuidv7();
    const tokenSalt = newTokenSalt();
    return {
      userId: request.userId,
      machineId: request.machineId,
      sessionId,
      tokenSalt,
      tokenHash: hashOf(this.keys.sessionTokenSecret, sessionId, tokenSalt),
      seatsTotal: license.seatsTotal,
      leaseMs: license.leaseSeconds * 1000,
      sessionMs: license.sessionSeconds * 1000,
      validUntil: license.validUntil,
    };
  }

  private async databaseNow(): Promise<number> {
    const [row] = await this.db.tenant.$queryRaw<{ now: Date }[]>`SELECT ${postgresNow(this.clock)} AS now`;
    if (!row) throw new Error('the database does not tell the time');
    return row.now.getTime();
  }
}

/** A repeated acquire counts as a heartbeat; its lease is written behind like any other. */
function renewed(session: HeldSession, now: number): HeldSession {
  const leaseEnd = Math.min(now + session.leaseSeconds * 1000, session.expiresAt.getTime());
  return { ...session, leaseExpiresAt: new Date(leaseEnd) };
}

/** Returns why the insert wrote no row, judged by the state that it had locked. Undefined if that state allows the
 *  grant: then the ledger is wrong. */
function refusalByState(state: LockedState | undefined, now: Date): ProblemCode | undefined {
  if (!state) return 'license_not_found';
  if (state.tenantStatus === 'suspended') return 'tenant_suspended';
  if (state.tenantStatus === 'closed') return 'tenant_closed';
  if (state.userStatus === 'removed') return 'user_removed';
  if (state.userStatus !== 'active') return 'user_disabled';
  if (!isAllowed(state.userRole, 'license_session:acquire')) return 'forbidden';
  return refusalByLicense(
    { status: state.licenseStatus, validFrom: state.validFrom, validUntil: state.validUntil },
    now,
  );
}
