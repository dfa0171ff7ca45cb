import type { Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import type { HeldAddress } from '#modules/audit/erasure/personal-data';

/** Records an address that the user gives up. Must be the last step of the transaction: mails and entries written
 *  before it in the transaction still belong to the user. */
export async function keepFormerAddress(
  tx: Tx,
  { tenantId, id, email }: Pick<User, 'tenantId' | 'id' | 'email'>,
  until: Date,
): Promise<void> {
  await tx.formerAddress.create({ data: { tenantId, userId: id, email, until } });
}

/** Returns the user's former addresses with the period in which each was its own. `since` is set if another user of
 *  the organization had the address before. */
export async function formerAddressesOf(
  db: Pick<Tx, '$queryRaw'>,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<HeldAddress[]> {
  return db.$queryRaw<HeldAddress[]>`
    SELECT email, until, (
      SELECT max(before.until) FROM former_addresses AS before
      WHERE before.tenant_id = own.tenant_id AND before.user_id <> own.user_id AND before.email = own.email
        AND before.until < own.until
    ) AS since
    FROM former_addresses AS own WHERE tenant_id = ${tenantId}::uuid AND user_id = ${userId}::uuid`;
}
