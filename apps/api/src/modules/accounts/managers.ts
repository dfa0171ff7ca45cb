import type { Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import type { Permission } from '@coditect/contracts/names';
import { isAllowed } from '#platform/access/permissions';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentUserId } from '#platform/request-context';

export type Manager = Pick<User, 'id' | 'role' | 'status'>;

/**
 * Locks the caller, the user and all owners in one order, so that two managers cannot change each other at once.
 * Returns the caller's current row, because its role may have changed since the request was let in.
 * @throws ProblemError user_disabled, user_removed, forbidden
 */
export async function lockManagers(tx: Tx, tenantId: string, userId: string, permission: Permission): Promise<Manager> {
  const actorId = currentUserId();
  const rows = await tx.$queryRaw<Manager[]>`
    SELECT id, role::text AS role, status::text AS status FROM users
    WHERE tenant_id = ${tenantId}::uuid AND (id IN (${actorId}::uuid, ${userId}::uuid) OR role = 'owner')
    ORDER BY id FOR NO KEY UPDATE`;
  return allowed(
    rows.find((row) => row.id === actorId),
    permission,
  );
}

/**
 * Locks the caller's row against changes until the end of the transaction. Unlike `lockManagers` it does not block
 * grants of seats.
 * @throws ProblemError user_disabled, user_removed, forbidden
 */
export async function holdCaller(tx: Tx, tenantId: string, permission: Permission): Promise<Manager> {
  const [actor] = await tx.$queryRaw<Manager[]>`
    SELECT id, role::text AS role, status::text AS status FROM users
    WHERE tenant_id = ${tenantId}::uuid AND id = ${currentUserId()}::uuid FOR SHARE`;
  return allowed(actor, permission);
}

function allowed(actor: Manager | undefined, permission: Permission): Manager {
  if (actor?.status === 'disabled') throw new ProblemError('user_disabled');
  if (actor?.status !== 'active') throw new ProblemError('user_removed');
  if (!isAllowed(actor.role, permission)) throw new ProblemError('forbidden', { members: { permission } });
  return actor;
}

/** Returns a user that is not removed. Call `lockManagers` before, so that the row stays the same.
 *  @throws ProblemError user_not_found, forbidden as in `assertMayHandle` */
export async function findChangeable(tx: Tx, tenantId: string, id: string, actor: Manager): Promise<User> {
  const user = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
  if (!user || user.status === 'removed') throw new ProblemError('user_not_found');
  assertMayHandle(user.role, actor);
  return user;
}

/**
 * Call it before giving a role, and before changing a user or an invitation with that role. Only owners may handle
 * owners. No API key may handle owners or admins: a leaked narrow key could otherwise create managers, who can do what
 * no key can.
 * @throws ProblemError forbidden
 */
export function assertMayHandle(role: User['role'], actor: Pick<Manager, 'role'>): void {
  if ((role === 'owner' || role === 'admin') && currentRequest().actor?.type === 'api_key')
    throw new ProblemError('forbidden', {
      detail: 'With an API key only members and viewers can be invited, made, changed or removed.',
    });
  if (role === 'owner' && actor.role !== 'owner')
    throw new ProblemError('forbidden', { detail: 'Only an owner can make, invite or change an owner.' });
}

/**
 * Call it before an active owner gets another role, is disabled or is removed. `lockManagers` must have locked all
 * owners.
 * @throws ProblemError last_owner
 */
export async function assertAnotherOwner(tx: Tx, { tenantId, id, role, status }: User): Promise<void> {
  if (role !== 'owner' || status !== 'active') return;
  const others = await tx.user.count({ where: { tenantId, role: 'owner', status: 'active', id: { not: id } } });
  if (others === 0) throw new ProblemError('last_owner');
}
