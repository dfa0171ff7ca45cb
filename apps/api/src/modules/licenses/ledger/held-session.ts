import type { LedgerSession, LicenseRef } from './seat-ledger.js';
import type { PlanTier } from '@coditect/contracts/common';
import type { LicenseSessionStatus } from '@coditect/db/generated/prisma/client';

/** A license session as the hot path reads it, by `SESSION_COLUMNS`. */
export interface HeldSession {
  tenant_id: string;
  id: string;
  license_id: string;
  user_id: string;
  machine_id: string;
  seat_no: number;
  status: LicenseSessionStatus;
  started_at: Date;
  lease_expires_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  end_reason: string | null;
  token_salt: Buffer;
  token_hash: Buffer;
  lease_seconds: number;
  plan_tier: PlanTier;
  features: string[];
}

/** `s` is license_sessions, `l` its license. */
export const SESSION_COLUMNS = `s.tenant_id, s.id, s.license_id, s.user_id, s.machine_id, s.seat_no, s.status, s.started_at,
  s.lease_expires_at, s.expires_at, s.ended_at, s.end_reason, s.token_salt, s.token_hash, l.lease_seconds, l.plan_tier,
  l.features`;

export function licenseOf(session: HeldSession): LicenseRef {
  return { tenantId: session.tenant_id, licenseId: session.license_id };
}

/** The same session as live events name it. */
export function seatOf(session: HeldSession) {
  return {
    sessionId: session.id,
    licenseId: session.license_id,
    userId: session.user_id,
    machineId: session.machine_id,
    seatNo: session.seat_no,
  };
}

/** The same session as the ledger keeps it. */
export function ledgerSessionOf(session: HeldSession): LedgerSession {
  return {
    sessionId: session.id,
    seatNo: session.seat_no,
    endsAt: session.expires_at.getTime(),
    leaseMs: session.lease_seconds * 1000,
    tokenHash: session.token_hash,
    tokenSalt: session.token_salt,
    userId: session.user_id,
    machineId: session.machine_id,
  };
}
