import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import type { ProblemCode } from '@coditect/contracts/problem';

export const LEASE_MS = 360_000;
export const SESSION_MS = 2_000_000;
/** Requests take time while the clock runs. This near to a boundary, both outcomes are right. */
const MARGIN_MS = 3_000;
/** Without Redis a lease counts as over this much later, because its last heartbeats may not have been written. */
const UNRECORDED_BEATS_MS = 30_000;

/** One license session from its holder's point of view. Times in ms of the application's clock. */
export interface ModelSession {
  id: string;
  token: string;
  user: number;
  machine: number;
  seatNo: number;
  /** The end of the lease that the holder was told. No other holder may have the seat before that time. */
  safeUntil: number;
  /** The seat must be free from this time on, unless a heartbeat comes before. */
  freeFrom: number;
  endsAt: number;
  /** The code for the holder's next heartbeat; undefined while Postgres has the session as active. */
  told?: ProblemCode;
}

/**
 * The seats of one license as the tenant sees them, without a ledger (docs/seats.md): who holds which seat until when,
 * and the bounds within which a response is right.
 */
export class SeatModel {
  seats = 3;
  licenseSuspended = false;
  tenantSuspended = false;
  readonly disabled = [false, false];
  readonly sessions: ModelSession[] = [];
  redisDown = false;
  /** Whether the ledger lost a part of itself. The next acquire notices it, and has the ledger rebuilt. */
  ledgerDamaged = false;
  now = 0;

  get open(): ModelSession[] {
    return this.sessions.filter((session) => session.told === undefined);
  }

  /** Returns the session of this holder, lapsed or not. */
  own(user: number, machine: number): ModelSession | undefined {
    return this.open.find((session) => session.user === user && session.machine === machine);
  }

  isSafe(session: ModelSession): boolean {
    return session.told === undefined && this.now < session.safeUntil - MARGIN_MS;
  }

  isFree(session: ModelSession): boolean {
    const late = this.redisDown ? UNRECORDED_BEATS_MS : 0;
    return session.told !== undefined || this.now > session.freeFrom + late + MARGIN_MS;
  }

  /** Whether a holder without a seat must get one ('yes'), must not ('no'), or may ('maybe'). It may if a lease is
   *  about to end, or was extended by the loss of a ledger. */
  room(user: number, machine: number): 'yes' | 'no' | 'maybe' {
    const others = this.open.filter((session) => session !== this.own(user, machine));
    if (others.filter((session) => this.isSafe(session)).length >= this.seats) return 'no';
    return others.filter((session) => !this.isFree(session)).length < this.seats ? 'yes' : 'maybe';
  }

  /** Whether a heartbeat keeps this session's seat. A lapsed lease is renewed only if lowered seats leave room: its
   *  seat number and the held seats above it within the total (decision record 0006). */
  mayBeat(session: ModelSession): 'yes' | 'no' | 'maybe' {
    if (this.isSafe(session)) return 'yes';
    const above = this.open.filter((other) => other.seatNo > session.seatNo);
    const within = (held: ModelSession[]) => session.seatNo + held.length <= this.seats;
    if (within(above.filter((other) => !this.isFree(other)))) return 'yes';
    return within(above.filter((other) => this.isSafe(other))) || !this.isFree(session) ? 'maybe' : 'no';
  }

  granted(user: number, machine: number, grant: AcquireResponse): ModelSession {
    const session = {
      id: grant.session_id,
      token: grant.session_token,
      user,
      machine,
      seatNo: grant.seat_no,
      endsAt: Date.parse(grant.expires_at),
      safeUntil: 0,
      freeFrom: 0,
    };
    this.sessions.push(session);
    return session;
  }

  /** Records the lease of a grant or a heartbeat. @throws Error if it is not a whole one */
  renewed(session: ModelSession, leaseExpiresAt: string): void {
    const end = Date.parse(leaseExpiresAt);
    const whole = Math.min(this.now + LEASE_MS, session.endsAt);
    if (Math.abs(end - whole) > MARGIN_MS)
      throw new Error(`a lease of ${(end - this.now) / 1000} s was told instead of ${(whole - this.now) / 1000} s`);
    session.safeUntil = end;
    session.freeFrom = this.ledgerDamaged ? this.freeAfterRebuild(session) : end;
  }

  end(sessions: ModelSession[], told: ProblemCode): void {
    for (const session of sessions) session.told = told;
  }

  /** The ledger was lost, or a part of it: then heartbeats do not notice the damage. */
  ledgerLost(damage: 'whole' | 'part' = 'whole'): void {
    this.ledgerDamaged = damage === 'part';
    for (const session of this.open) session.freeFrom = this.freeAfterRebuild(session);
  }

  /** A rebuild gives every session one new lease, unless its old lease ended more than a whole lease ago. */
  private freeAfterRebuild(session: ModelSession): number {
    return Math.min(session.endsAt, session.safeUntil + 2 * LEASE_MS);
  }

  /** Whether a heartbeat must find that the session has reached its end ('reached'), may ('near'), or must not
   *  ('ahead'). */
  sessionEnd(session: ModelSession): 'reached' | 'near' | 'ahead' {
    if (this.now > session.endsAt + MARGIN_MS) return 'reached';
    return this.now > session.endsAt - MARGIN_MS ? 'near' : 'ahead';
  }
}
