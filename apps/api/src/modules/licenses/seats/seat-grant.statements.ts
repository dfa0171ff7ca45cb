import type { Statement } from '@coditect/db/batch-query';
import { permissions } from '#platform/access/permissions';
import type { Actor } from '#platform/request-context';
import { SESSION_COLUMNS } from '../ledger/held-session.js';

/** What one grant writes. Ids and times are decided before, so that all statements go out in one round trip. */
export interface GrantRow {
  tenantId: string;
  licenseId: string;
  userId: string;
  machineId: string;
  hardwareFingerprint: unknown;
  sessionId: string;
  /** Undefined: Postgres chooses the lowest free seat (without the ledger, under `exclusive`). */
  seatNo: number | undefined;
  tokenSalt: Buffer;
  tokenHash: Buffer;
  now: Date;
  leaseEnd: Date;
  endsAt: Date;
  /** Sessions the ledger has seen lapse. */
  lapsed: string[];
  /** Without the ledger: every lease that ended before this counts as lapsed. */
  lapsedBefore: Date | null;
  /** Serialises grants of this license; needed when Postgres chooses the seat. */
  exclusive: boolean;
  machineRowId: string;
  auditId: string;
  ip: string | null;
  userAgent: string | null;
  requestId: string;
  actorType: Actor['type'];
  actorId: string;
}

/** A session that a grant has recorded as expired. */
export interface ExpiredRow {
  id: string;
  seat_no: number;
  user_id: string;
  machine_id: string;
  end_reason: string;
}

/** Results in the order of the statements: state, expired, machine, created, held. */
export function grantStatements(row: GrantRow): Statement[] {
  return [lockState(row), recordLapsed(row), upsertMachine(row), insertSession(row), readHolder(row)];
}

/** Locks what a suspension would change, so that it either sees this grant or is seen by it. */
function lockState(row: GrantRow): Statement {
  return {
    name: row.exclusive ? 'grant_lock_exclusive' : 'grant_lock',
    text: `SELECT l.status AS license_status, l.valid_from, l.valid_until, l.seats_total,
        t.status AS tenant_status, u.status AS user_status, u.role AS user_role
      FROM licenses l
      JOIN tenants t ON t.id = l.tenant_id
      JOIN users u ON u.tenant_id = l.tenant_id AND u.id = $3
      WHERE l.tenant_id = $1 AND l.id = $2
      ${row.exclusive ? 'FOR UPDATE OF l FOR SHARE OF t, u' : 'FOR SHARE'}`,
    values: [row.tenantId, row.licenseId, row.userId],
  };
}

/** Postgres has the last word on "lapsed": a lease it knows to run on is not touched, whatever the ledger says. */
function recordLapsed(row: GrantRow): Statement {
  const { lapsedBefore } = row;
  return {
    name: lapsedBefore ? 'grant_record_all_lapsed' : 'grant_record_lapsed',
    // A union, not a disjunction, and a text of its own for each case: every arm is a look-up by a key.
    text: `WITH candidate AS (
        SELECT unnest($6::uuid[]) AS id
        UNION
        SELECT id FROM license_sessions
        WHERE tenant_id = $1 AND license_id = $2 AND user_id = $3 AND machine_id = $4 AND status = 'active'
        ${
          lapsedBefore
            ? `UNION SELECT id FROM license_sessions
               WHERE tenant_id = $1 AND license_id = $2 AND status = 'active' AND lease_expires_at <= $8`
            : ''
        }
      ), lapsed AS (
        SELECT s.id FROM license_sessions s JOIN candidate ON candidate.id = s.id
        WHERE s.tenant_id = $1 AND s.license_id = $2 AND s.status = 'active' AND s.lease_expires_at <= $5
        ORDER BY s.id FOR NO KEY UPDATE OF s
      ), expired AS (
        UPDATE license_sessions s
        SET status = 'expired', ended_at = s.lease_expires_at,
          end_reason = CASE WHEN s.lease_expires_at >= s.expires_at THEN 'session_ended' ELSE 'lease_expired' END
        FROM lapsed WHERE s.tenant_id = $1 AND s.id = lapsed.id
        RETURNING s.tenant_id, s.id, s.seat_no, s.user_id, s.machine_id, s.lease_expires_at, s.end_reason
      ), audited AS (
        INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, action, resource_type, resource_id, before, after,
          request_id)
        SELECT tenant_id, $5, gen_random_uuid(), 'system', 'license_session.expired', 'license_session', id,
          jsonb_build_object('status', 'active', 'user_id', user_id),
          jsonb_build_object('status', 'expired', 'end_reason', end_reason, 'seat_no', seat_no, 'machine_id', machine_id,
            'lease_expires_at', lease_expires_at), $7
        FROM expired
      )
      SELECT id, seat_no, user_id, machine_id, end_reason FROM expired`,
    values: [
      row.tenantId,
      row.licenseId,
      row.userId,
      row.machineId,
      row.now,
      row.lapsed,
      row.requestId,
      ...(lapsedBefore ? [lapsedBefore] : []),
    ],
  };
}

function upsertMachine(row: GrantRow): Statement {
  return {
    name: 'grant_upsert_machine',
    text: `INSERT INTO machines (tenant_id, id, machine_id, hardware_fingerprint, first_seen_at, last_seen_at)
      VALUES ($1, $2, $3, $4::jsonb, $5, $5)
      ON CONFLICT (tenant_id, machine_id) DO UPDATE SET last_seen_at = excluded.last_seen_at,
        hardware_fingerprint = coalesce(excluded.hardware_fingerprint, machines.hardware_fingerprint)`,
    values: [
      row.tenantId,
      row.machineRowId,
      row.machineId,
      row.hardwareFingerprint === undefined ? null : JSON.stringify(row.hardwareFingerprint),
      row.now,
    ],
  };
}

/** For a holder that acquires again: what it tells of its machine now. Writes nothing when that is known already. */
export function updateFingerprint(
  row: Pick<GrantRow, 'tenantId' | 'machineId'> & { hardwareFingerprint?: unknown },
): Statement {
  return {
    name: 'grant_update_fingerprint',
    text: `UPDATE machines SET hardware_fingerprint = $3::jsonb
      WHERE tenant_id = $1 AND machine_id = $2 AND hardware_fingerprint IS DISTINCT FROM $3::jsonb`,
    values: [row.tenantId, row.machineId, JSON.stringify(row.hardwareFingerprint)],
  };
}

/**
 * The row that makes a grant true, and its audit entry. After `seats_total` was lowered, seats above it may still be
 * held. A seat n is granted only if n and the number of held seats above n stay within the total: as at most n are held
 * up to n, never more than the total are held, also when several grants do not see each other. Both partial unique
 * indexes answer a conflict with no row.
 */
function insertSession(row: GrantRow): Statement {
  return {
    name: 'grant_insert_session',
    text: `WITH license AS (
        SELECT l.seats_total, l.seats_total < (
            SELECT max(a.seat_no) FROM license_sessions a -- the end of an index; EXISTS would be a scan for what is rare
            WHERE a.tenant_id = l.tenant_id AND a.license_id = l.id AND a.status = 'active'
          ) AS lowered
        FROM licenses l
        JOIN tenants t ON t.id = l.tenant_id
        JOIN users u ON u.tenant_id = l.tenant_id AND u.id = $4
        WHERE l.tenant_id = $1 AND l.id = $3 AND l.status = 'active' AND l.valid_from <= $7
          AND (l.valid_until IS NULL OR l.valid_until > $7) AND t.status = 'active' AND u.status = 'active'
          AND u.role::text = ANY ($18::text[])
      ), seat AS (
        SELECT license.*, coalesce($6, (
            SELECT min(n) FROM generate_series(1, license.seats_total) AS n
            WHERE NOT EXISTS (SELECT FROM license_sessions a WHERE a.tenant_id = $1 AND a.license_id = $3
              AND a.status = 'active' AND a.seat_no = n)
          )) AS no
        FROM license
      ), created AS (
        INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, status, started_at,
          lease_expires_at, expires_at, last_heartbeat_at, token_salt, token_hash)
        SELECT $1, $2, $3, $4, $5, seat.no, 'active', $7, $8, $9, $7, $10, $11
        FROM seat WHERE seat.seats_total >= seat.no + CASE WHEN seat.lowered THEN (
            SELECT count(*) FROM license_sessions a WHERE a.tenant_id = $1 AND a.license_id = $3
              AND a.status = 'active' AND a.seat_no > seat.no
          ) ELSE 0 END
        ON CONFLICT DO NOTHING
        RETURNING tenant_id, id, license_id, user_id, machine_id, seat_no, expires_at
      )
      INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, actor_id, actor_name, action, resource_type,
        resource_id, after, ip, user_agent, request_id)
      SELECT c.tenant_id, $7, $12, $16::actor_type, $17::uuid, u.email, 'license_session.acquired', 'license_session', c.id,
        jsonb_build_object('license_id', c.license_id, 'seat_no', c.seat_no, 'machine_id', c.machine_id,
          'expires_at', c.expires_at), $13::inet, $14, $15
      FROM created c JOIN users u ON u.tenant_id = c.tenant_id AND u.id = c.user_id
      RETURNING resource_id`,
    values: [
      row.tenantId,
      row.sessionId,
      row.licenseId,
      row.userId,
      row.machineId,
      row.seatNo ?? null,
      row.now,
      row.leaseEnd,
      row.endsAt,
      row.tokenSalt,
      row.tokenHash,
      row.auditId,
      row.ip,
      row.userAgent,
      row.requestId,
      row.actorType,
      row.actorId,
      permissions['license_session:acquire'],
    ],
  };
}

/** The holder's active session after all that: the new one, one that another request created, or none. */
export function readHolder(row: Pick<GrantRow, 'tenantId' | 'licenseId' | 'userId' | 'machineId'>): Statement {
  return {
    name: 'grant_read_holder',
    text: `SELECT ${SESSION_COLUMNS} FROM license_sessions s
      JOIN licenses l ON l.tenant_id = s.tenant_id AND l.id = s.license_id
      WHERE s.tenant_id = $1 AND s.license_id = $2 AND s.user_id = $3 AND s.machine_id = $4 AND s.status = 'active'`,
    values: [row.tenantId, row.licenseId, row.userId, row.machineId],
  };
}
