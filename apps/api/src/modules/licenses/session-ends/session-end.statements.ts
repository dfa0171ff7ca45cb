import { type LicenseSessionStatus, Prisma } from '@coditect/db/generated/prisma/client';
import type { LicenseRef } from '../ledger/seat-ledger.js';
import type { EndReason } from '../license-session.rules.js';
import { bySystem, type EntryOrigin, insertEntries } from './session-audit.js';

// The statements that end license sessions, each with the audit entries. Every one of them ends active sessions only, and
// locks sessions in the order of their ids, so that two statements at once cannot wait for each other in a circle.

/** A session that one of these statements has ended, as live events name it. */
export interface EndedSession {
  sessionId: string;
  licenseId: string;
  userId: string;
  machineId: string;
  seatNo: number;
  endReason: EndReason;
}

const actions = {
  released: 'license_session.released',
  revoked: 'license_session.revoked',
  expired: 'license_session.expired',
} as const satisfies Partial<Record<LicenseSessionStatus, string>>;

/** Records sessions of a license as expired if their lease is over. Returns `EndedSession`s. */
export function expireSessions(expiry: {
  license: LicenseRef;
  /** Narrows the choice: a join with `s`, the session, or a condition on it. */
  join?: Prisma.Sql;
  condition?: Prisma.Sql;
  now: Prisma.Sql;
  requestId: string | null;
  /** Leaves out sessions that another transaction is changing, instead of waiting for it. */
  skipLocked?: boolean;
}): Prisma.Sql {
  const { license, join, condition = Prisma.sql`true`, now, requestId, skipLocked } = expiry;
  return endStatement({
    tenantId: license.tenantId,
    join,
    condition: Prisma.sql`s.license_id = ${license.licenseId}::uuid AND s.lease_expires_at <= ${now} AND ${condition}`,
    locking: skipLocked ? Prisma.sql`SKIP LOCKED` : undefined,
    status: 'expired',
    endedAt: Prisma.sql`s.lease_expires_at`,
    reason: Prisma.sql`CASE WHEN s.lease_expires_at >= s.expires_at THEN 'session_ended' ELSE 'lease_expired' END`,
    detail: Prisma.sql`, 'end_reason', e.end_reason, 'lease_expires_at', e.lease_expires_at`,
    occurredAt: now,
    entryId: Prisma.sql`gen_random_uuid()`,
    origin: bySystem(requestId),
  });
}

/** Ends one session: its client gives the seat back, or a user takes it. Returns the `EndedSession`. */
export function endSession(ending: {
  tenantId: string;
  /** Chooses the session, which is `s`. */
  condition: Prisma.Sql;
  status: 'released' | 'revoked';
  now: Prisma.Sql;
  entryId: string;
  origin: EntryOrigin;
}): Prisma.Sql {
  const { tenantId, condition, status, now, entryId, origin } = ending;
  return endStatement({
    tenantId,
    condition,
    status,
    endedAt: notBeforeStart(now),
    reason: Prisma.sql`${status}`,
    occurredAt: Prisma.sql`e.ended_at`,
    entryId: Prisma.sql`${entryId}::uuid`,
    origin,
  });
}

/** Revokes sessions because the state of their license, tenant or user has changed. Returns `EndedSession`s. */
export function revokeSessions(revocation: {
  tenantId: string;
  /** Chooses the sessions: `s` is one of them. */
  condition: Prisma.Sql;
  reason: EndReason;
  now: Prisma.Sql;
  origin: EntryOrigin;
}): Prisma.Sql {
  const { tenantId, condition, reason, now, origin } = revocation;
  return endStatement({
    tenantId,
    condition,
    status: 'revoked',
    endedAt: notBeforeStart(now),
    reason: Prisma.sql`${reason}`,
    detail: Prisma.sql`, 'end_reason', e.end_reason`,
    occurredAt: Prisma.sql`e.ended_at`,
    entryId: Prisma.sql`gen_random_uuid()`,
    origin,
  });
}

/** A session starts by the clock of Redis and ends by that of Postgres, which may be behind. */
function notBeforeStart(now: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`greatest(s.started_at, ${now})`;
}

function endStatement(end: {
  tenantId: string;
  join?: Prisma.Sql | undefined;
  /** Must hold for a session, `s`, once it is locked. */
  condition: Prisma.Sql;
  locking?: Prisma.Sql | undefined;
  status: keyof typeof actions;
  endedAt: Prisma.Sql;
  reason: Prisma.Sql;
  /** More members of the audit entry's `after`; `e` is the ended session. */
  detail?: Prisma.Sql;
  occurredAt: Prisma.Sql;
  entryId: Prisma.Sql;
  origin: EntryOrigin;
}): Prisma.Sql {
  const { join = Prisma.empty, locking = Prisma.empty, detail = Prisma.empty } = end;
  const entries = insertEntries({
    from: Prisma.sql`ended`,
    id: end.entryId,
    occurredAt: end.occurredAt,
    action: actions[end.status],
    before: Prisma.sql`jsonb_build_object('status', 'active', 'user_id', e.user_id)`,
    after: Prisma.sql`jsonb_build_object('status', e.status, 'seat_no', e.seat_no, 'machine_id', e.machine_id ${detail})`,
    origin: end.origin,
  });
  return Prisma.sql`
    WITH locked AS (
      SELECT s.id FROM license_sessions s ${join}
      WHERE s.tenant_id = ${end.tenantId}::uuid AND s.status = 'active' AND ${end.condition}
      ORDER BY s.id FOR NO KEY UPDATE OF s ${locking}
    ), ended AS (
      UPDATE license_sessions s
      SET status = ${end.status}::license_session_status, ended_at = ${end.endedAt}, end_reason = ${end.reason}
      FROM locked WHERE s.tenant_id = ${end.tenantId}::uuid AND s.id = locked.id
      RETURNING s.*
    ), audited AS (${entries})
    SELECT id AS "sessionId", license_id AS "licenseId", user_id AS "userId", machine_id AS "machineId",
      seat_no AS "seatNo", end_reason AS "endReason"
    FROM ended`;
}
