import { Prisma } from '@coditect/db/generated/prisma/client';

// The rule that decides which license sessions hold a seat, once as a filter for Prisma and once as SQL. A lapsed
// session that is not recorded as expired yet holds no seat: the next acquire may take its seat at once (docs/seats.md,
// rule 6). The rule has a module of its own because live events count seats, and licenses publish live events. If the
// rule were in `licenses`, the two modules would import each other in a circle.

/** A filter for the license sessions that hold a seat.
 *  @param now the time of the clock */
export function holdsSeat(now: Date) {
  return { status: 'active', leaseExpiresAt: { gt: now } } as const satisfies Prisma.LicenseSessionWhereInput;
}

/** SQL for the number of seats in use of the license `l`.
 *  @param now the time of the clock */
export function seatsInUse(now: Date): Prisma.Sql {
  return Prisma.sql`(
    SELECT count(*)::int FROM license_sessions s
    WHERE s.tenant_id = l.tenant_id AND s.license_id = l.id
      AND s.status = 'active' AND s.lease_expires_at > ${now}::timestamptz)`;
}
