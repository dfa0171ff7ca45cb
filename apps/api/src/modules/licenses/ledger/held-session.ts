import { type LicenseSessionStatus, Prisma } from '@coditect/db/generated/prisma/client';
import type { PlanTier } from '@coditect/contracts/common';

/** A license session with fields of its license, as Postgres has them. */
export interface HeldSession {
  tenantId: string;
  licenseId: string;
  sessionId: string;
  userId: string;
  machineId: string;
  seatNo: number;
  status: LicenseSessionStatus;
  leaseExpiresAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
  endReason: string | null;
  tokenSalt: Buffer;
  tokenHash: Buffer;
  leaseSeconds: number;
  seatsTotal: number;
  planTier: PlanTier;
  features: string[];
}

/** The columns of a `HeldSession`: `s` is the license session, `l` its license. */
export const HELD_SESSION_COLUMNS = Prisma.raw(`s.tenant_id AS "tenantId", s.license_id AS "licenseId",
  s.id AS "sessionId", s.user_id AS "userId", s.machine_id AS "machineId", s.seat_no AS "seatNo", s.status,
  s.lease_expires_at AS "leaseExpiresAt", s.expires_at AS "expiresAt", s.ended_at AS "endedAt",
  s.end_reason AS "endReason", s.token_salt AS "tokenSalt", s.token_hash AS "tokenHash",
  l.lease_seconds AS "leaseSeconds", l.seats_total AS "seatsTotal", l.plan_tier AS "planTier", l.features`);

/** Reads sessions as `HeldSession`s.
 *  @param condition on `s`, the license session, and `l`, its license */
export function selectHeldSessions(condition: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`SELECT ${HELD_SESSION_COLUMNS}
    FROM license_sessions s JOIN licenses l ON l.tenant_id = s.tenant_id AND l.id = s.license_id
    WHERE ${condition}`;
}

/** The part of a session that live events name. */
export function seatOf({ sessionId, licenseId, userId, machineId, seatNo }: HeldSession) {
  return { sessionId, licenseId, userId, machineId, seatNo };
}
