import type { AcquireResponse, HeartbeatResponse, PlanTier, SignedLicense, SignedLicensePayload } from './wire.js';

/** A seat this machine holds. Times are the server's. */
export interface HeldSeat {
  readonly sessionId: string;
  readonly licenseId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly machineId: string;
  readonly planTier: PlanTier;
  readonly seatNo: number;
  readonly features: readonly string[];
  /** Until then the seat is safe without another heartbeat. */
  readonly leaseExpiresAt: Date;
  /** The session end. */
  readonly expiresAt: Date;
  readonly heartbeatIntervalSeconds: number;
  /** The license. It has been verified. */
  readonly signedLicense: SignedLicense;
}

/** The times of a seat on this machine's clock, in ms since the Unix epoch. */
export interface Lease {
  sessionId: string;
  endsAt: number;
  sessionEndsAt: number;
  heartbeatIntervalMs: number;
  /** How far the server's clock is ahead of this machine's, ms. */
  serverAheadMs: number;
}

/** A grant with its verified content. */
export interface Seat {
  grant: AcquireResponse;
  payload: SignedLicensePayload;
  lease: Lease;
}

/** Converts the lease to local time, so that a wrong clock of the machine does not matter. */
export function leaseOf(times: AcquireResponse | HeartbeatResponse, serverAheadMs: number): Lease {
  return {
    sessionId: times.session_id,
    endsAt: Date.parse(times.lease_expires_at) - serverAheadMs,
    sessionEndsAt: Date.parse(times.expires_at) - serverAheadMs,
    heartbeatIntervalMs: times.heartbeat_interval_seconds * 1000,
    serverAheadMs,
  };
}

/** The seat after a heartbeat. */
export function extended(
  { grant, payload }: Omit<Seat, 'lease'>,
  answer: HeartbeatResponse,
  serverAheadMs: number,
): Seat {
  const { lease_expires_at, expires_at, heartbeat_interval_seconds } = answer;
  const times = { lease_expires_at, expires_at, heartbeat_interval_seconds };
  return { grant: { ...grant, ...times }, payload, lease: leaseOf(answer, serverAheadMs) };
}

/** The seat as the host sees it. Without the session token, so that a logged seat reveals no secret. */
export function heldSeat({ grant, payload }: Seat): HeldSeat {
  return Object.freeze({
    sessionId: grant.session_id,
    licenseId: grant.license_id,
    tenantId: payload.tenant_id,
    userId: payload.user_id,
    machineId: payload.machine_id,
    planTier: payload.plan_tier,
    seatNo: grant.seat_no,
    features: Object.freeze([...grant.features]),
    leaseExpiresAt: new Date(grant.lease_expires_at),
    expiresAt: new Date(grant.expires_at),
    heartbeatIntervalSeconds: grant.heartbeat_interval_seconds,
    signedLicense: grant.signed_license,
  });
}
