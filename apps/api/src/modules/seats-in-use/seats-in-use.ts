import { Prisma } from '@coditect/db/generated/prisma/client';

// The rule of what holds a seat, in both languages that queries are written in. A lapsed session that is not recorded as
// expired yet holds none: its seat is free for the next acquire at once (docs/seats.md, rule 6). The file stands below all
// other modules, because the live events count seats too, and the licenses publish live events.

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
