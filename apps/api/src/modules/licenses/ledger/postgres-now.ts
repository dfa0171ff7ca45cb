import { Prisma } from '@coditect/db/generated/prisma/client';
import type { Clock } from '#platform/clock';

/** SQL for the time by Postgres' clock. The offset is 0 outside of tests, which move all clocks by it. */
export function postgresNow({ offsetMs }: Clock): Prisma.Sql {
  return Prisma.sql`(clock_timestamp() + make_interval(secs => ${offsetMs}::float8 / 1000))`;
}
