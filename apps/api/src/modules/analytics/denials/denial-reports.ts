import { Injectable } from '@nestjs/common';
import type { DenialQuery, DenialReport } from '@coditect/contracts/analytics';
import { bucketMs } from '@coditect/contracts/names';
import { Database } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { currentTenant } from '#platform/request-context';
import { licenseCondition } from './analyzed-license.js';

/** A refusal within this time of the previous one is a retry. A run of retries is one denial, however long it lasts. */
export const RETRY_SECONDS = 600;
/** Users in a report: those with the most denials. */
const MOST_REFUSED = 10;

interface Counts {
  denials: number;
  attempts: number;
}
type CountRow = Counts & { starts_at: Date | null; reason: string | null; user_id: string | null };

/** A denial at the time of its first refusal. */
export interface RecordedDenial {
  userId: string;
  occurredAt: Date;
}

/** Reads refused acquires. A run of retries is one denial, which counts at the time of the first refusal. */
@Injectable()
export class DenialReports {
  constructor(private readonly db: Database) {}

  /** @throws ProblemError license_not_found */
  async report({ license_id, from, to, bucket }: DenialQuery): Promise<DenialReport> {
    const license = await licenseCondition(this.db, license_id);
    const rows = await this.db.tenant.$queryRaw<CountRow[]>`
      WITH refusal AS (${refusals(license, from, to)})
      SELECT starts_at, reason, user_id, count(*)::int AS attempts, count(*) FILTER (WHERE is_first)::int AS denials
      FROM (SELECT *, date_bin(make_interval(secs => ${bucketMs[bucket] / 1000}::float8), occurred_at, '2000-01-01Z')
        AS starts_at FROM refusal) AS r
      GROUP BY GROUPING SETS ((), (starts_at), (reason), (user_id)) ORDER BY starts_at, denials DESC, attempts DESC, reason, user_id`;
    const ofUsers = rows.filter((row) => row.user_id !== null).slice(0, MOST_REFUSED);
    const users = await this.db.tenant.user.findMany({
      where: { tenantId: currentTenant(), id: { in: ofUsers.map((row) => row.user_id!) } },
      select: { id: true, email: true, name: true },
    });
    const byId = new Map(users.map((user) => [user.id, user]));
    const total = rows.find((row) => !row.starts_at && !row.reason && !row.user_id);
    return {
      bucket,
      ...countsOf(total ?? { denials: 0, attempts: 0 }),
      series: rows
        .filter((row) => row.starts_at !== null)
        .map((row) => ({ starts_at: row.starts_at!.toISOString(), ...countsOf(row) })),
      by_reason: rows.filter((row) => row.reason !== null).map((row) => ({ reason: row.reason!, ...countsOf(row) })),
      by_user: ofUsers.map((row) => ({
        user: byId.get(row.user_id!) ?? { id: row.user_id!, email: null, name: null },
        ...countsOf(row),
      })),
    };
  }
}

/** SQL: the refused acquires from `from` until before `to`, and for each whether it begins a denial. */
function refusals(license: Prisma.Sql, from: string, to: string): Prisma.Sql {
  return Prisma.sql`
    SELECT * FROM (
      SELECT user_id, reason, occurred_at, occurred_at - lag(occurred_at) OVER (
          PARTITION BY license_id, user_id, reason ORDER BY occurred_at, id) <= make_interval(secs => ${RETRY_SECONDS}::float8)
        IS NOT TRUE AS is_first
      FROM denials
      WHERE tenant_id = ${currentTenant()}::uuid AND occurred_at < ${to}::timestamptz
        AND occurred_at >= ${from}::timestamptz - make_interval(secs => ${RETRY_SECONDS}::float8) ${license}
    ) AS d WHERE occurred_at >= ${from}::timestamptz`;
}

function countsOf({ denials, attempts }: Counts): Counts {
  return { denials, attempts };
}

/** Returns the denials of a license for lack of a seat, oldest first. More seats could have prevented only these. */
export async function seatDenials(
  db: Database,
  licenseId: string,
  from: string,
  to: string,
): Promise<RecordedDenial[]> {
  const license = Prisma.sql`AND license_id = ${licenseId}::uuid AND reason = 'no_seats_available'`;
  return db.tenant.$queryRaw<RecordedDenial[]>`
    WITH refusal AS (${refusals(license, from, to)})
    SELECT user_id AS "userId", occurred_at AS "occurredAt" FROM refusal WHERE is_first ORDER BY occurred_at`;
}
