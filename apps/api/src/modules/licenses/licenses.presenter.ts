import type { AcquireResponse, LicenseSession, SignedLicense } from '@coditect/contracts/license-sessions';
import type { License, LicenseContacts } from '@coditect/contracts/licenses';
import type { User } from '@coditect/db/generated/prisma/client';
import type { HeldSession } from './ledger/held-session.js';
import { heartbeatIntervalSeconds } from './sessions/license-session.rules.js';
import type { LicenseSessionRow } from './sessions/license-session-list.js';
import type { LicenseWithUse } from './licenses.service.js';

export function presentGrant(
  session: HeldSession,
  sessionToken: string,
  signedLicense: SignedLicense,
): AcquireResponse {
  return {
    session_token: sessionToken,
    session_id: session.id,
    license_id: session.license_id,
    seat_no: session.seat_no,
    lease_expires_at: session.lease_expires_at.toISOString(),
    heartbeat_interval_seconds: heartbeatIntervalSeconds(session.lease_seconds),
    expires_at: session.expires_at.toISOString(),
    features: session.features,
    signed_license: signedLicense,
  };
}

export function presentLicense(license: LicenseWithUse): License {
  return {
    id: license.id,
    key: license.key,
    product: license.product,
    plan_tier: license.planTier,
    status: license.status,
    seats_total: license.seatsTotal,
    seats_in_use: license.seatsInUse,
    seats_free: Math.max(0, license.seatsTotal - license.seatsInUse),
    features: license.features,
    lease_seconds: license.leaseSeconds,
    session_seconds: license.sessionSeconds,
    valid_from: license.validFrom.toISOString(),
    valid_until: license.validUntil?.toISOString() ?? null,
    created_at: license.createdAt.toISOString(),
  };
}

export function presentContacts(managers: readonly User[]): LicenseContacts {
  return { contacts: managers.map(({ id, name, role }) => ({ id, name, role })) };
}

export function presentLicenseSession(row: LicenseSessionRow): LicenseSession {
  return {
    id: row.id,
    license_id: row.licenseId,
    user: row.user,
    machine_id: row.machineId,
    seat_no: row.seatNo,
    status: row.status,
    started_at: row.startedAt.toISOString(),
    last_heartbeat_at: row.lastHeartbeatAt.toISOString(),
    lease_expires_at: row.leaseExpiresAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
    end_reason: row.endReason,
  };
}
