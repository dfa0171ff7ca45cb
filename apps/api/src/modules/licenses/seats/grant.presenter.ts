import type { AcquireResponse, SignedLicense } from '@coditect/contracts/license-sessions';
import type { HeldSession } from '../ledger/held-session.js';
import { heartbeatIntervalSeconds } from '../license-session.rules.js';

export function presentGrant(
  session: HeldSession,
  sessionToken: string,
  signedLicense: SignedLicense,
): AcquireResponse {
  return {
    session_token: sessionToken,
    session_id: session.sessionId,
    license_id: session.licenseId,
    seat_no: session.seatNo,
    lease_expires_at: session.leaseExpiresAt.toISOString(),
    heartbeat_interval_seconds: heartbeatIntervalSeconds(session.leaseSeconds),
    expires_at: session.expiresAt.toISOString(),
    features: session.features,
    signed_license: signedLicense,
  };
}
