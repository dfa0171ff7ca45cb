import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { License } from '@coditect/db/generated/prisma/client';
import type { UserRole } from '@coditect/contracts/common';
import type { ProblemCode } from '@coditect/contracts/problem';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '#platform/clock';
import { Keys } from '#platform/secrets/keys';
import { isAllowed } from '#platform/access/permissions';
import { temporarilyUnavailable } from '#platform/problems/problem';
import { RedisUnavailable } from '#platform/redis/redis';
import { currentRequest } from '#platform/request-context';
import { LiveEvents } from '#modules/stream/live-events';
import { type HeldSession, seatOf, SESSION_COLUMNS } from '../ledger/held-session.js';
import { LedgerRecovery } from '../ledger/ledger-recovery.js';
import { refusalByLicense } from '../sessions/license-session.rules.js';
import { type ExpiredRow, grantStatements, readHolder, updateFingerprint } from './seat-grant.statements.js';
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

interface RecordedState {
  license_status: License['status'];
  valid_from: Date;
  valid_until: Date | null;
  seats_total: number;
  tenant_status: 'active' | 'suspended' | 'closed';
  user_status: 'active' | 'disabled' | 'removed';
  user_role: UserRole;
}
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
/** Without the ledger, a lease counts as lapsed only this long after its recorded end: the last beats may not be written. */
const UNRECORDED_BEATS_MS = 30_000;

/**
 * Grants seats: the ledger proposes, Postgres decides (design section 5). A grant exists once its row is committed;
 * whatever the ledger has wrong shows as a row that does not go in, and the ledger is rebuilt.
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

  /** Takes a seat of this license for the holder, or finds the one it has.
   *  @throws ProblemError temporarily_unavailable when ledger and Postgres could not be brought to agree */
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
        if (!held || held.lease_expires_at.getTime() <= answer.now) return { kind: 'full' };
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

  /** A held session the ledger calls committed. Undefined when Postgres knows better: look again. */
  private async readConfirmed(
    ref: LicenseRef,
    { sessionId, leaseEnd }: LedgerGrant,
    request: SeatRequest,
  ): Promise<GrantOutcome | undefined> {
    const [result] = await this.db.tenantBatch([
      {
        name: 'grant_read_confirmed',
        text: `SELECT ${SESSION_COLUMNS} FROM license_sessions s
          JOIN licenses l ON l.tenant_id = s.tenant_id AND l.id = s.license_id
          WHERE s.tenant_id = $1 AND s.id = $2 AND s.status = 'active'`,
        values: [ref.tenantId, sessionId],
      },
      ...(request.hardwareFingerprint === undefined ? [] : [updateFingerprint({ ...ref, ...request })]),
    ]);
    const row = result?.rows[0] as HeldSession | undefined;
    if (row) return { kind: 'granted', session: { ...row, lease_expires_at: new Date(leaseEnd) }, created: false };
    await this.ledger.forget(ref, [sessionId]);
    return undefined;
  }

  /** The holder's own session, which a ledger restored to an older state does not know. */
  private async readHeld(ref: LicenseRef, request: SeatRequest): Promise<HeldSession | undefined> {
    const [result] = await this.db.tenantBatch([readHolder({ ...ref, ...request })]);
    return result?.rows[0] as HeldSession | undefined;
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
      // Whether it was committed is unknown when the connection broke; if it was, the row shows the ledger wrong later.
      await this.ledger.forget(ref, [grant.sessionId]).catch(() => {});
      throw error;
    }
    const { state, expired, created, held } = written;
    if (held?.id === grant.sessionId) {
      // Not awaited: the grant is true already. If this is lost, the short lease lapses and the row is adopted again.
      void this.ledger.confirm(ref, held.id, expired).catch(() => {});
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
    // A seat above what Postgres has room for: the caller's idea of the license is old, or seats were lowered.
    return state && state.seats_total < license.seatsTotal ? { kind: 'full' } : undefined;
  }

  /** Without Redis: slower, one grant of a license at a time, and still never more than Postgres has room for. */
  private async grantByPostgres(license: License, request: SeatRequest): Promise<GrantOutcome> {
    this.recovery.markStale({ tenantId: license.tenantId, licenseId: license.id });
    const now = await this.databaseNow();
    const args = this.proposal(license, request);
    const endsAt = Math.min(now + args.sessionMs, license.validUntil?.getTime() ?? Infinity);
    const lapsedBefore = new Date(now - UNRECORDED_BEATS_MS);
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
    const context = currentRequest();
    const results = await this.db.tenantBatch(
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
        ip: context.ip ?? null,
        userAgent: context.userAgent ?? null,
        requestId: context.requestId,
        actorType: context.actor?.type ?? 'user',
        actorId: context.actor?.id ?? request.userId,
      }),
    );
    const [state, lapsed, , inserted, holder] = results.map((result) => result.rows as unknown[]);
    const expired = (lapsed as ExpiredRow[]).map((row) => ({
      sessionId: row.id,
      seatNo: row.seat_no,
      userId: row.user_id,
      machineId: row.machine_id,
      endReason: row.end_reason,
    }));
    const created = inserted?.length === 1;
    const held = holder?.[0] as HeldSession | undefined;
    const { tenantId, id: licenseId } = license;
    for (const session of expired) this.live.publish(tenantId, { type: 'seat.expired', licenseId, ...session });
    if (created && held) this.live.publish(tenantId, { type: 'seat.acquired', ...seatOf(held) });
    return { state: state?.[0] as RecordedState | undefined, expired, created, held };
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
    const [row] = await this.db.tenant.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
    if (!row) throw new Error('the database does not tell the time');
    return row.now.getTime() + this.clock.offsetMs;
  }
}

/** Asking for the seat one has is a heartbeat as well; the lease is written behind like any other. */
function renewed(session: HeldSession, now: number): HeldSession {
  const leaseEnd = Math.min(now + session.lease_seconds * 1000, session.expires_at.getTime());
  return { ...session, lease_expires_at: new Date(leaseEnd) };
}

/** Why the insert found no room to work in, by what it had locked. */
function refusalByState(state: RecordedState | undefined, now: Date): ProblemCode | undefined {
  if (!state) return 'license_not_found';
  if (state.tenant_status === 'suspended') return 'tenant_suspended';
  if (state.tenant_status === 'closed') return 'tenant_closed';
  if (state.user_status === 'removed') return 'user_removed';
  if (state.user_status !== 'active') return 'user_disabled';
  if (!isAllowed(state.user_role, 'license_session:acquire')) return 'forbidden';
  return refusalByLicense(
    { status: state.license_status, validFrom: state.valid_from, validUntil: state.valid_until },
    now,
  );
}
