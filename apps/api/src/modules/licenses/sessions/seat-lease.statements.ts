import type { Statement } from '@coditect/db/batch-query';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { named } from '@coditect/db/named-statement';
import { v7 as uuidv7 } from 'uuid';
import { HELD_SESSION_COLUMNS, type HeldSession, selectHeldSessions } from '../ledger/held-session.js';
import type { LicenseRef } from '../ledger/seat-ledger.js';
import { byCallerOrHolder } from '../session-ends/session-audit.js';
import { type EndedSession, endSession } from '../session-ends/session-end.statements.js';

/** A license session, and the hash of the token that authorises the caller. The hash is null if the role of the
 *  caller authorises it. */
export interface Target extends LicenseRef {
  sessionId: string;
  tokenHash: Buffer | null;
}

/**
 * Extends the lease of a session that has not reached its end, by Postgres' clock. A session that has lapsed comes back
 * only where there is room: seats may have been lowered since (decision record 0006).
 */
export function extendLease(target: Target, now: Prisma.Sql): Statement<HeldSession> {
  return named(
    'seat_extend',
    Prisma.sql`UPDATE license_sessions s
      SET lease_expires_at = greatest(s.lease_expires_at, least(s.expires_at, at.now + make_interval(secs => l.lease_seconds))),
        last_heartbeat_at = greatest(s.last_heartbeat_at, at.now)
      FROM licenses l, (SELECT ${now} AS now) AS at
      WHERE s.tenant_id = ${target.tenantId} AND s.id = ${target.sessionId} AND s.license_id = ${target.licenseId}
        AND s.status = 'active' AND s.expires_at > at.now AND ${isAuthorised(target)}
        AND l.tenant_id = s.tenant_id AND l.id = s.license_id
        AND (s.lease_expires_at > at.now OR l.seats_total >= s.seat_no + (
          SELECT count(*) FROM license_sessions a WHERE a.tenant_id = s.tenant_id AND a.license_id = s.license_id
            AND a.status = 'active' AND a.seat_no > s.seat_no AND a.lease_expires_at > at.now))
      RETURNING ${HELD_SESSION_COLUMNS}`,
  );
}

/** Ends the session once: there is no row if it has ended before. */
export function endLease(target: Target, status: 'released' | 'revoked', now: Prisma.Sql): Statement<EndedSession> {
  return named(
    'seat_end',
    endSession({
      tenantId: target.tenantId,
      condition: Prisma.sql`s.id = ${target.sessionId} AND s.license_id = ${target.licenseId} AND ${isAuthorised(target)}`,
      status,
      now,
      entryId: uuidv7(),
      origin: byCallerOrHolder(),
    }),
  );
}

/** Reads the session in whatever state it is. Does not check the token. */
export function readSession({ tenantId, sessionId, licenseId }: Target): Statement<HeldSession> {
  return named(
    'seat_read',
    selectHeldSessions(Prisma.sql`s.tenant_id = ${tenantId} AND s.id = ${sessionId} AND s.license_id = ${licenseId}`),
  );
}

function isAuthorised({ tokenHash }: Target): Prisma.Sql {
  return Prisma.sql`(${tokenHash}::bytea IS NULL OR s.token_hash = ${tokenHash})`;
}
