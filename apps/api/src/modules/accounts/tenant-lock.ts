import type { Tx } from '@coditect/db/database';
import type { Tenant } from '@coditect/db/generated/prisma/client';
import { ProblemError } from '#platform/problems/problem';

/** Locks the tenant's row and returns the tenant. Transactions that lock other rows too must lock this one first.
 *  @throws ProblemError not_found */
export async function lockTenant(tx: Tx, id: string): Promise<Tenant> {
  await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  const tenant = await tx.tenant.findUnique({ where: { id } });
  if (!tenant) throw new ProblemError('not_found');
  return tenant;
}
