import type { Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import type { HeldAddress } from '#modules/audit/erasure/personal-data';

/** Keeps an address that is the user's no longer. The last step of the transaction that takes it away: what was sent and
 *  written before was still for and about the user. */
export async function keepFormerAddress(
  tx: Tx,
  { tenantId, id, email }: Pick<User, 'tenantId' | 'id' | 'email'>,
  until: Date,
): Promise<void> {
  await tx.formerAddress.create({ data: { tenantId, userId: id, email, until } });
}

/** The addresses that were a user's and are no longer; each from when somebody else of the organization gave it up, if
 *  somebody did. */
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
