import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import type { ProblemCode } from '@coditect/contracts/problem';

export const LEASE_MS = 360_000;
export const SESSION_MS = 2_000_000;
/** Requests take time while the clock runs: closer than this to a boundary either side of it is right. */
const MARGIN_MS = 3_000;
/** Without Redis a lease counts as over this much later: its last beats may not be written. */
const UNRECORDED_BEATS_MS = 30_000;

/** What is known of one license session from its holder's point of view. Times in ms of the application's clock. */
export interface ModelSession {
  id: string;
  token: string;
  user: number;
  machine: number;
  seatNo: number;
  /** What the holder was told: nobody else may have the seat before. */
  safeUntil: number;
  /** Without a heartbeat the seat must be free from then on. */
  freeFrom: number;
  endsAt: number;
  /** What its holder is told when it beats again; undefined while Postgres calls it active. */
  told?: ProblemCode;
}

/**
 * The seats of one license as the tenant sees them (design section 5), knowing nothing of a ledger: who holds which
 * until when, and between which bounds an answer must lie.
 */
export class SeatModel {
  seats = 3;
  licenseSuspended = false;
  tenantSuspended = false;
  readonly disabled = [false, false];
  readonly sessions: ModelSession[] = [];
  redisAway = false;
  now = 0;

  get open(): ModelSession[] {
    return this.sessions.filter((session) => session.told === undefined);
  }

  /** The session this holder has, lapsed or not. */
  own(user: number, machine: number): ModelSession | undefined {
    return this.open.find((session) => session.user === user && session.machine === machine);
  }

  isSafe(session: ModelSession): boolean {
    return session.told === undefined && this.now < session.safeUntil - MARGIN_MS;
  }

  isFree(session: ModelSession): boolean {
    const late = this.redisAway ? UNRECORDED_BEATS_MS : 0;
    return session.told !== undefined || this.now > session.freeFrom + late + MARGIN_MS;
  }

  /** Whether a holder without a seat must get one, must not, or – a lease about to end, or prolonged by a ledger that was
   *  lost – may. */
  room(user: number, machine: number): 'yes' | 'no' | 'maybe' {
    const others = this.open.filter((session) => session !== this.own(user, machine));
    if (others.filter((session) => this.isSafe(session)).length >= this.seats) return 'no';
    return others.filter((session) => !this.isFree(session)).length < this.seats ? 'yes' : 'maybe';
  }

  /** Whether a beat keeps this session's seat. A lease that has run out comes back only where seats, lowered since, leave
   *  room: its number and the held seats above it within the total (decision record 0006). */
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

  /** The lease that a grant or a heartbeat has told. @throws Error when it is not a whole one */
  renewed(session: ModelSession, leaseExpiresAt: string): void {
    const end = Date.parse(leaseExpiresAt);
    const whole = Math.min(this.now + LEASE_MS, session.endsAt);
    if (Math.abs(end - whole) > MARGIN_MS)
      throw new Error(`a lease of ${(end - this.now) / 1000} s was told instead of ${(whole - this.now) / 1000} s`);
    session.safeUntil = end;
    session.freeFrom = end;
  }

  end(sessions: ModelSession[], told: ProblemCode): void {
    for (const session of sessions) session.told = told;
  }

  /** A ledger that was lost gives every session one fresh lease, unless it is over by more than a whole one. */
  ledgerLost(): void {
    for (const session of this.open) session.freeFrom = Math.min(session.endsAt, session.safeUntil + 2 * LEASE_MS);
  }

  /** Whether a beat of this session must find that its session has reached its end, or may. */
  sessionEnd(session: ModelSession): 'reached' | 'near' | 'ahead' {
    if (this.now > session.endsAt + MARGIN_MS) return 'reached';
    return this.now > session.endsAt - MARGIN_MS ? 'near' : 'ahead';
  }
}
