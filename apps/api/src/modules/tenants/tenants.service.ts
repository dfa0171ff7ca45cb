import { Injectable } from '@nestjs/common';
import type { UpdateTenantRequest } from '@coditect/contracts/tenants';
import { Database, type Tx } from '@coditect/db/database';
import { Prisma, type Tenant, type TenantStatus } from '@coditect/db/generated/prisma/client';
import { changedFields } from '#modules/audit/changed-fields';
import { AuditService } from '#modules/audit/audit.service';
import { SessionEnder } from '#modules/licenses/session-ends/session-ender';
import { Clock } from '#platform/clock';
import { checkVersion } from '#platform/versions/preconditions';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant, currentUserId } from '#platform/request-context';
import { lockTenant } from '#modules/accounts/tenant-lock';

/** How long a released slug stays reserved for its former tenant, because links and settings elsewhere still name
 *  it. */
const SLUG_KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** The settings of a tenant, and the changes of its status that staff make. */
@Injectable()
export class TenantsService {
  constructor(
    private readonly db: Database,
    private readonly sessions: SessionEnder,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Returns the tenant of the caller. */
  async get(): Promise<Tenant> {
    const tenant = await this.db.tenant.tenant.findUnique({ where: { id: currentTenant() } });
    if (!tenant) throw new ProblemError('not_found');
    return tenant;
  }

  /**
   * Changes the settings that differ. If none differs, writes nothing. Only the unique index knows whether a slug is
   * free: row-level security hides other tenants, and two requests may want the same slug. A slug is changed with the
   * rights of the system, because a tenant may not see the slugs that others have released.
   * @throws ProblemError precondition_failed, slug_taken, two_factor_not_enabled, tenant_closed, forbidden if the slug
   *   is changed by a user other than an owner
   */
  async update(request: UpdateTenantRequest): Promise<Tenant> {
    const id = currentTenant();
    try {
      const transaction = request.slug === undefined ? 'tenantTx' : 'systemTx';
      return await this.db[transaction](async (tx) => {
        const tenant = await lockTenant(tx, id);
        if (tenant.status === 'closed') throw new ProblemError('tenant_closed');
        checkVersion(tenant.version);
        const { before, after } = changes(tenant, request);
        if (Object.keys(after).length === 0) return tenant;
        if (after.slug !== undefined) assertOwner();
        if (after.require_two_factor) await this.requireOwnSecondFactor(tx);
        const changed = await tx.tenant.update({
          where: { id },
          data: {
            name: after.name,
            slug: after.slug,
            contactEmail: after.contact_email,
            requireTwoFactor: after.require_two_factor,
            version: { increment: 1 },
            updatedAt: this.clock.now(),
          },
        });
        if (after.slug !== undefined) await this.exchangeSlugs(tx, tenant, after.slug);
        await this.audit.write(tx, {
          tenantId: id,
          action: 'tenant.updated',
          resourceType: 'tenant',
          resourceId: id,
          before,
          after,
        });
        return changed;
      });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')
        throw new ProblemError('slug_taken');
      throw error;
    }
  }

  /** Suspends or reinstates a tenant. Suspending ends all its live license sessions in the same transaction; their next
   *  heartbeat says why (docs/seats.md, rule 7). A closed tenant can only be reopened by its owners.
   *  @throws ProblemError not_found, tenant_closed */
  async changeStatus(tenantId: string, status: Extract<TenantStatus, 'active' | 'suspended'>): Promise<Tenant> {
    const { tenant, ended } = await this.db.systemTx(async (tx) => {
      const before = await lockTenant(tx, tenantId);
      if (before.status === 'closed') throw new ProblemError('tenant_closed');
      const after = await tx.tenant.update({
        where: { id: tenantId },
        data: { status, version: { increment: 1 }, updatedAt: this.clock.now() },
      });
      const sessions =
        status === 'suspended' ? await this.sessions.endWithin(tx, { tenantId }, 'tenant_suspended') : [];
      await this.audit.write(tx, {
        tenantId,
        action: status === 'suspended' ? 'tenant.suspended' : 'tenant.reinstated',
        resourceType: 'tenant',
        resourceId: tenantId,
        before: { status: before.status },
        after: { status: after.status },
      });
      return { tenant: after, ended: sessions };
    });
    await this.sessions.forgetEnded(tenantId, ended);
    return tenant;
  }

  /** Reserves the former slug, and checks that the new one is not reserved for another tenant. Call it after the new
   *  slug is written: by then a tenant that released it at the same moment has committed its reservation.
   *  @throws ProblemError slug_taken if the slug is reserved for another tenant */
  private async exchangeSlugs(tx: Tx, { id, slug: former }: Tenant, slug: string): Promise<void> {
    const now = this.clock.now();
    const keptSince = new Date(now.getTime() - SLUG_KEPT_MS);
    await tx.releasedSlug.deleteMany({
      where: { slug, OR: [{ formerTenantId: id }, { releasedAt: { lte: keptSince } }] },
    });
    if ((await tx.releasedSlug.count({ where: { slug } })) > 0) throw new ProblemError('slug_taken');
    const released = { formerTenantId: id, releasedAt: now };
    await tx.releasedSlug.upsert({
      where: { slug: former },
      create: { slug: former, ...released },
      update: released,
    });
  }

  /** Requiring a second factor would lock out a caller without one, so the caller must have one.
   *  @throws ProblemError two_factor_not_enabled */
  private async requireOwnSecondFactor(tx: Tx): Promise<void> {
    const enabled = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE tenant_id = ${currentTenant()}::uuid AND id = ${currentUserId()}::uuid
        AND totp_enabled_at IS NOT NULL FOR SHARE`;
    if (enabled.length === 0)
      throw new ProblemError('two_factor_not_enabled', { detail: 'Set up your own second factor first.' });
  }
}

/** Only owners may change the slug, because links, sign-in pages and settings of providers identify the tenant by it.
 *  @throws ProblemError forbidden */
function assertOwner(): void {
  if (currentRequest().actor?.role !== 'owner')
    throw new ProblemError('forbidden', { detail: 'Only an owner may change the slug.' });
}

/** Returns the fields of the request that differ from the tenant, before and after. */
function changes(tenant: Tenant, request: UpdateTenantRequest) {
  const now = {
    name: tenant.name,
    slug: tenant.slug,
    contact_email: tenant.contactEmail,
    require_two_factor: tenant.requireTwoFactor,
  };
  return changedFields(now, request);
}
