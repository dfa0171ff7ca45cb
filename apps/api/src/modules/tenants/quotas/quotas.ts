import type { Tx } from '@coditect/db/database';
import { ProblemError } from '#platform/problems/problem';

/** The numbers that a plan limits (the table `plans`). Seats are not among them: a license limits them. */
export const quotas = ['max_users', 'max_projects'] as const;
export type Quota = (typeof quotas)[number];

/** A limit and its use. After a downgrade `used` may exceed `limit`: nothing is taken away. */
export interface QuotaUsage {
  limit: number;
  used: number;
}

/**
 * Locks a quota of a tenant until the end of the transaction. `assertRoomFor` calls it; call it yourself only to take
 * this lock before other locks. It is an advisory lock, because a lock on the tenant's row would block all grants of
 * seats, which hold a share lock on that row.
 */
export async function lockQuota(tx: Tx, tenantId: string, quota: Quota): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${quota}:${tenantId}`}, 0))`;
}

/**
 * Checks that a change stays within the tenant's plan. Call it in the transaction of the change, before the change. It
 * locks the quota, so that two requests cannot both take the last place.
 * @param room.now the current time of Clock: expired invitations do not count
 * @param room.adding how many users are about to be added; projects are added one at a time
 * @throws ProblemError quota_exceeded with the members quota, limit and used
 */
export async function assertRoomFor(tx: Tx, tenantId: string, quota: 'max_projects'): Promise<void>;
export async function assertRoomFor(
  tx: Tx,
  tenantId: string,
  quota: 'max_users',
  room: { now: Date; adding: number },
): Promise<void>;
export async function assertRoomFor(
  tx: Tx,
  tenantId: string,
  quota: Quota,
  room?: { now: Date; adding: number },
): Promise<void> {
  await lockQuota(tx, tenantId, quota);
  const { limit, used } = room ? await usersOf(tx, tenantId, room.now) : await projectsOf(tx, tenantId);
  if (used + (room?.adding ?? 1) > limit)
    throw new ProblemError('quota_exceeded', { detail: refusals[quota], members: { quota, limit, used } });
}

const refusals: Record<Quota, string> = {
  max_users: 'The plan has no room for more users. Disabled users and open invitations count too.',
  max_projects: 'The plan has no room for more projects. Archived projects do not count.',
};

/** Returns limit and use of every quota.
 *  @param now the current time of Clock: expired invitations do not count */
export async function quotaUsage(tx: Tx, tenantId: string, now: Date): Promise<Record<Quota, QuotaUsage>> {
  return { max_users: await usersOf(tx, tenantId, now), max_projects: await projectsOf(tx, tenantId) };
}

/**
 * Counts users and open invitations. An open invitation counts, so that accepting it never fails for the quota. One
 * statement counts both: between two statements an invitation could become a user and be counted by neither.
 */
async function usersOf(tx: Tx, tenantId: string, now: Date): Promise<QuotaUsage> {
  const [usage] = await tx.$queryRaw<QuotaUsage[]>`
    SELECT p.max_users AS "limit",
      (SELECT count(*)::int FROM users WHERE tenant_id = t.id AND status <> 'removed') + (
        SELECT count(*)::int FROM invitations
        WHERE tenant_id = t.id AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ${now}) AS used
    FROM tenants t JOIN plans p ON p.tier = t.plan_tier WHERE t.id = ${tenantId}::uuid`;
  return usage!;
}

async function projectsOf(tx: Tx, tenantId: string): Promise<QuotaUsage> {
  const [usage] = await tx.$queryRaw<QuotaUsage[]>`
    SELECT p.max_projects AS "limit",
      (SELECT count(*)::int FROM projects WHERE tenant_id = t.id AND status = 'active') AS used
    FROM tenants t JOIN plans p ON p.tier = t.plan_tier WHERE t.id = ${tenantId}::uuid`;
  return usage!;
}
