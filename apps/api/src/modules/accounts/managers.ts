import type { Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { isAllowed, type Permission } from '#platform/access/permissions';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentUserId } from '#platform/request-context';

export type Manager = Pick<User, 'id' | 'role' | 'status'>;

/**
 * Locks the caller, the user and all owners in one order, so that two managers cannot change each other at once, and
 * answers the caller as it is now: since the request was let in, its role may have changed.
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
 * The caller as it stays until the end of the transaction. Unlike `lockManagers` it is no obstacle to grants of seats.
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

/** A user that is not removed, as it stays until the transaction changes it: `lockManagers` has locked it.
 *  @throws ProblemError user_not_found, forbidden where `assertMayHandle` says so */
export async function findChangeable(tx: Tx, tenantId: string, id: string, actor: Manager): Promise<User> {
  const user = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
  if (!user || user.status === 'removed') throw new ProblemError('user_not_found');
  assertMayHandle(user.role, actor);
  return user;
}

/**
 * Before a role is given, or somebody who has it or is invited to it is changed. Owners are the owners' business. Owners
 * and admins are not an API key's, whoever it belongs to: else a narrow key that leaks would make managers of whom it
 * likes, and they can do what no key can.
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

/** Before an owner ceases to be an active one. `lockManagers` has locked all owners.
 *  @throws ProblemError last_owner */
export async function assertAnotherOwner(tx: Tx, { tenantId, id, role, status }: User): Promise<void> {
  if (role !== 'owner' || status !== 'active') return;
  const others = await tx.user.count({ where: { tenantId, role: 'owner', status: 'active', id: { not: id } } });
  if (others === 0) throw new ProblemError('last_owner');
}
