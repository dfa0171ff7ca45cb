import type { LicenseSession } from '@coditect/contracts/license-sessions';
import type { LicenseSessionRow } from './license-session-list.js';

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
