import type { Database } from '@coditect/db/database';
import { type License, Prisma } from '@coditect/db/generated/prisma/client';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant } from '#platform/request-context';

/** Reads a license of the current tenant.
 *  @throws ProblemError license_not_found */
export async function analyzedLicense(db: Database, id: string): Promise<License> {
  const license = await db.tenant.license.findUnique({ where: { tenantId_id: { tenantId: currentTenant(), id } } });
  if (!license) throw new ProblemError('license_not_found');
  return license;
}

/** Returns the SQL condition for one license; empty for all licenses of the tenant.
 *  @throws ProblemError license_not_found */
export async function licenseCondition(db: Database, id: string | undefined): Promise<Prisma.Sql> {
  if (id === undefined) return Prisma.empty;
  await analyzedLicense(db, id);
  return Prisma.sql`AND license_id = ${id}::uuid`;
}
