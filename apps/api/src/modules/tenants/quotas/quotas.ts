import type { Tx } from '@coditect/db/database';
import { ProblemError } from '#platform/problems/problem';

/** What a plan limits by number (design section 4). Seats are not among them: they belong to licenses. */
export const quotas = ['max_users', 'max_projects'] as const;
export type Quota = (typeof quotas)[number];

/** Where a tenant stands. After a downgrade more may be used than the limit: nothing is taken away for that. */
export interface QuotaUsage {
  limit: number;
  used: number;
}

/**
 * Until the end of the transaction nobody else passes for the same quota. `assertRoomFor` does it by itself; call it when
 * rows have to be locked or changed before. The lock is an advisory one: every grant of a seat shares the tenant's row, and
 * would have to wait for a lock on that.
 */
export async function lockQuota(tx: Tx, tenantId: string, quota: Quota): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${quota}:${tenantId}`}, 0))`;
}

/**
 * Refuses what would go beyond the tenant's plan. Call it in the transaction of the change and before the change: two
 * requests cannot both take the last place.
 * @param room.now the time of the clock: invitations that have expired by then keep no place
 * @param room.adding how many are about to be added; projects come one by one
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

/** @param now the time of the clock */
export async function quotaUsage(tx: Tx, tenantId: string, now: Date): Promise<Record<Quota, QuotaUsage>> {
  return { max_users: await usersOf(tx, tenantId, now), max_projects: await projectsOf(tx, tenantId) };
}

/**
 * An open invitation keeps the place for whom it invites, so that accepting it never fails for the quota. One statement
 * counts both: between two of them an invitation could become a user, and be missed.
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
