import type { UserRole } from '@coditect/contracts/common';
import type { Statement } from '@coditect/db/batch-query';
import { type License, Prisma } from '@coditect/db/generated/prisma/client';
import { named } from '@coditect/db/named-statement';
import { rolesOf } from '#platform/access/permissions';
import { type HeldSession, selectHeldSessions } from '../ledger/held-session.js';
import type { LicenseRef } from '../ledger/seat-ledger.js';
import { type EndedSession, expireSessions } from '../session-ends/session-end.statements.js';
import { type EntryOrigin, insertEntries } from '../session-ends/session-audit.js';

/** The holder of a seat: one user on one machine. */
interface Holder extends LicenseRef {
  userId: string;
  machineId: string;
}

/** The values that one grant writes. Ids and times are decided before, so that all statements go out in one round trip. */
export interface GrantRow extends Holder {
  hardwareFingerprint: unknown;
  sessionId: string;
  /** Undefined if there is no ledger. Postgres then chooses the lowest free seat, and `exclusive` must be true. */
  seatNo: number | undefined;
  tokenSalt: Buffer;
  tokenHash: Buffer;
  now: Date;
  leaseEnd: Date;
  endsAt: Date;
  /** Sessions that the ledger has seen lapse. */
  lapsed: string[];
  /** Set if there is no ledger: every lease that ended before this time counts as lapsed. */
  lapsedBefore: Date | null;
  /** Whether only one grant of this license may run at a time. Needed when Postgres chooses the seat. */
  exclusive: boolean;
  machineRowId: string;
  auditId: string;
  origin: EntryOrigin;
}

/** The state of the rows that a grant has locked. */
export interface LockedState {
  licenseStatus: License['status'];
  validFrom: Date;
  validUntil: Date | null;
  seatsTotal: number;
  tenantStatus: 'active' | 'suspended' | 'closed';
  userStatus: 'active' | 'disabled' | 'removed';
  userRole: UserRole;
}

/** The statements of a grant, in their order. A result without a row means, in the same order: no such license, no
 *  lapsed session to record, no session inserted, no session held by the caller. */
export function grantStatements(
  row: GrantRow,
): [
  state: Statement<LockedState>,
  expired: Statement<EndedSession>,
  machine: Statement,
  inserted: Statement,
  held: Statement<HeldSession>,
] {
  return [lockState(row), recordLapsed(row), upsertMachine(row), insertSession(row), readHolder(row)];
}

/** Locks the rows that a suspension would change. So the grant sees the suspension, or the suspension sees the
 *  granted session and ends it. */
function lockState(row: GrantRow): Statement<LockedState> {
  return named(
    row.exclusive ? 'grant_lock_exclusive' : 'grant_lock',
    Prisma.sql`SELECT l.status AS "licenseStatus", l.valid_from AS "validFrom", l.valid_until AS "validUntil",
        l.seats_total AS "seatsTotal", t.status AS "tenantStatus", u.status AS "userStatus", u.role AS "userRole"
      FROM licenses l
      JOIN tenants t ON t.id = l.tenant_id
      JOIN users u ON u.tenant_id = l.tenant_id AND u.id = ${row.userId}
      WHERE l.tenant_id = ${row.tenantId} AND l.id = ${row.licenseId}
      ${row.exclusive ? Prisma.sql`FOR UPDATE OF l FOR SHARE OF t, u` : Prisma.sql`FOR SHARE`}`,
  );
}

/** Postgres decides what has lapsed: a lease that runs on there is not touched, whatever the ledger says. */
function recordLapsed(row: GrantRow): Statement<EndedSession> {
  const { tenantId, licenseId, lapsedBefore } = row;
  const active = Prisma.sql`SELECT id FROM license_sessions
    WHERE tenant_id = ${tenantId} AND license_id = ${licenseId} AND status = 'active'`;
  // A union instead of OR, and a text of its own for each case: every arm is a look-up by a key.
  const candidates = Prisma.sql`SELECT unnest(${row.lapsed}::uuid[]) AS id
    UNION ${active} AND user_id = ${row.userId} AND machine_id = ${row.machineId}
    ${lapsedBefore ? Prisma.sql`UNION ${active} AND lease_expires_at <= ${lapsedBefore}` : Prisma.empty}`;
  return named(
    lapsedBefore ? 'grant_record_all_lapsed' : 'grant_record_lapsed',
    expireSessions({
      license: { tenantId, licenseId },
      join: Prisma.sql`JOIN (${candidates}) AS candidate ON candidate.id = s.id`,
      now: Prisma.sql`${row.now}::timestamptz`,
      requestId: row.origin.requestId,
    }),
  );
}

function upsertMachine(row: GrantRow): Statement {
  const fingerprint = row.hardwareFingerprint === undefined ? null : JSON.stringify(row.hardwareFingerprint);
  return named(
    'grant_upsert_machine',
    Prisma.sql`INSERT INTO machines (tenant_id, id, machine_id, hardware_fingerprint, first_seen_at, last_seen_at)
      VALUES (${row.tenantId}, ${row.machineRowId}, ${row.machineId}, ${fingerprint}::jsonb, ${row.now}, ${row.now})
      ON CONFLICT (tenant_id, machine_id) DO UPDATE SET last_seen_at = excluded.last_seen_at,
        hardware_fingerprint = coalesce(excluded.hardware_fingerprint, machines.hardware_fingerprint)`,
  );
}

/** Records the fingerprint of a machine whose holder acquires again, if it differs from the stored one. */
export function updateFingerprint(
  row: Pick<GrantRow, 'tenantId' | 'machineId'> & { hardwareFingerprint?: unknown },
): Statement {
  const fingerprint = JSON.stringify(row.hardwareFingerprint);
  return named(
    'grant_update_fingerprint',
    Prisma.sql`UPDATE machines SET hardware_fingerprint = ${fingerprint}::jsonb
      WHERE tenant_id = ${row.tenantId} AND machine_id = ${row.machineId}
        AND hardware_fingerprint IS DISTINCT FROM ${fingerprint}::jsonb`,
  );
}

/**
 * Inserts the row of the license session, with which the seat is granted, and its audit entry. After `seats_total` was
 * lowered, seats above it may still be held. Seat n is granted only if n plus the number of held seats above n stays
 * within the total. At most n seats are held up to n, so never more than the total are held, also when several grants
 * do not see each other. A conflict in one of the two partial unique indexes returns no row.
 */
function insertSession(row: GrantRow): Statement {
  const { tenantId, licenseId, now } = row;
  const entries = insertEntries({
    from: Prisma.sql`created`,
    id: Prisma.sql`${row.auditId}::uuid`,
    occurredAt: Prisma.sql`${now}::timestamptz`,
    action: 'license_session.acquired',
    before: Prisma.sql`NULL`,
    after: Prisma.sql`jsonb_build_object('license_id', e.license_id, 'seat_no', e.seat_no, 'machine_id', e.machine_id,
      'expires_at', e.expires_at)`,
    origin: row.origin,
  });
  return named(
    'grant_insert_session',
    Prisma.sql`WITH license AS (
        SELECT l.seats_total, l.seats_total < (
            SELECT max(a.seat_no) FROM license_sessions a -- the end of an index; EXISTS would scan for a rare case
            WHERE a.tenant_id = l.tenant_id AND a.license_id = l.id AND a.status = 'active'
          ) AS lowered
        FROM licenses l
        JOIN tenants t ON t.id = l.tenant_id
        JOIN users u ON u.tenant_id = l.tenant_id AND u.id = ${row.userId}
        WHERE l.tenant_id = ${tenantId} AND l.id = ${licenseId} AND l.status = 'active' AND l.valid_from <= ${now}
          AND (l.valid_until IS NULL OR l.valid_until > ${now}) AND t.status = 'active' AND u.status = 'active'
          AND u.role::text = ANY (${rolesOf['license_session:acquire']}::text[])
      ), seat AS (
        SELECT license.*, coalesce(${row.seatNo ?? null}, (
            SELECT min(n) FROM generate_series(1, license.seats_total) AS n
            WHERE NOT EXISTS (SELECT FROM license_sessions a
              WHERE a.tenant_id = ${tenantId} AND a.license_id = ${licenseId} AND a.status = 'active' AND a.seat_no = n)
          )) AS no
        FROM license
      ), created AS (
        INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, status, started_at,
          lease_expires_at, expires_at, last_heartbeat_at, token_salt, token_hash)
        SELECT ${tenantId}, ${row.sessionId}, ${licenseId}, ${row.userId}, ${row.machineId}, seat.no, 'active', ${now},
          ${row.leaseEnd}, ${row.endsAt}, ${now}, ${row.tokenSalt}, ${row.tokenHash}
        FROM seat WHERE seat.seats_total >= seat.no + CASE WHEN seat.lowered THEN (
            SELECT count(*) FROM license_sessions a
            WHERE a.tenant_id = ${tenantId} AND a.license_id = ${licenseId} AND a.status = 'active' AND a.seat_no > seat.no
          ) ELSE 0 END
        ON CONFLICT DO NOTHING
        RETURNING tenant_id, id, license_id, user_id, machine_id, seat_no, expires_at
      )
      ${entries} RETURNING resource_id`,
  );
}

/** The holder's active session after the other statements: the new one, one that another request created, or none. */
export function readHolder({ tenantId, licenseId, userId, machineId }: Holder): Statement<HeldSession> {
  return named(
    'grant_read_holder',
    selectHeldSessions(Prisma.sql`s.tenant_id = ${tenantId} AND s.license_id = ${licenseId}
      AND s.user_id = ${userId} AND s.machine_id = ${machineId} AND s.status = 'active'`),
  );
}
