import type { Tx } from '@coditect/db/database';
import type { Tenant, User } from '@coditect/db/generated/prisma/client';

export type Account = User & { tenant: Tenant };

/** Locks the user's row and returns the user. Its password, second factor and links by e-mail change only under this
 *  lock, and a login begins under it. Runs as the user's tenant. */
export async function lockUser(tx: Tx, { tenantId, id }: Pick<User, 'tenantId' | 'id'>): Promise<Account | null> {
  await tx.$executeRaw`
    SELECT FROM users WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
  return tx.user.findUnique({ where: { tenantId_id: { tenantId, id } }, include: { tenant: true } });
}
