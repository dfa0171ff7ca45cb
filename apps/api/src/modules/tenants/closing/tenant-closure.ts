import { Injectable } from '@nestjs/common';
import type { CloseTenantRequest } from '@coditect/contracts/tenants';
import { Database, type Tx } from '@coditect/db/database';
import type { Tenant } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { Reauthentication } from '#modules/auth/passwords/reauthentication';
import { SessionEnder } from '#modules/licenses/session-ends/session-ender';
import { MailService } from '#modules/mail/mail.service';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { checkVersion } from '#platform/versions/preconditions';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant, currentUserId } from '#platform/request-context';
import { validationFailed } from '#platform/problems/validation';
import { lockTenant } from '#modules/accounts/tenant-lock';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Closes a tenant, and reopens it until its data is deleted. Works with the rights of the system, because a tenant may
 * not change its own status.
 */
@Injectable()
export class TenantClosure {
  constructor(
    private readonly db: Database,
    private readonly reauthentication: Reauthentication,
    private readonly sessions: SessionEnder,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Closes the tenant and ends all its live license sessions in the same transaction. All owners get an e-mail. A
   * suspended tenant cannot be closed, because reopening would lift the suspension.
   * @throws ProblemError invalid_credentials, too_many_attempts, validation_failed, precondition_failed,
   *   tenant_suspended, tenant_closed
   */
  async close({ confirm_slug: confirmSlug, password }: CloseTenantRequest): Promise<Tenant> {
    const tenantId = currentTenant();
    await this.confirmPassword(password);
    const { tenant, ended } = await this.db.systemTx(async (tx) => {
      const before = await lockTenant(tx, tenantId);
      if (before.status === 'closed') throw new ProblemError('tenant_closed');
      if (before.status === 'suspended')
        throw new ProblemError('tenant_suspended', { detail: 'Ask our support to close the organization.' });
      checkVersion(before.version);
      if (confirmSlug !== before.slug)
        throw validationFailed([
          { path: 'confirm_slug', message: 'must be the slug of the organization', code: 'slug_mismatch' },
        ]);
      const deleteAfter = new Date(this.clock.now().getTime() + this.config.tenantDeletionGraceDays * DAY_MS);
      const closed = await this.write(tx, before, { status: 'closed', deleteAfter });
      const sessions = await this.sessions.endWithin(tx, { tenantId }, 'tenant_closed');
      await this.mailOwners(tx, closed, deleteAfter);
      return { tenant: closed, ended: sessions };
    });
    await this.sessions.forgetEnded(tenantId, ended);
    return tenant;
  }

  /** Reopens the tenant. One that is not closed stays unchanged. Uses the clock of the database, like TenantPurge, so
   *  that both agree on when the grace period is over.
   *  @throws ProblemError precondition_failed, tenant_closed if its data is being deleted */
  async reopen(): Promise<Tenant> {
    const tenantId = currentTenant();
    return this.db.systemTx(async (tx) => {
      const before = await lockTenant(tx, tenantId);
      if (before.status !== 'closed') return before;
      checkVersion(before.version);
      const inTime = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM tenants WHERE id = ${tenantId}::uuid AND delete_after > clock_timestamp()`;
      if (inTime.length === 0)
        throw new ProblemError('tenant_closed', {
          detail: 'The organization can no longer be reopened: its data is being deleted.',
        });
      return this.write(tx, before, { status: 'active', deleteAfter: null });
    });
  }

  private async write(
    tx: Tx,
    before: Tenant,
    change: { status: 'active' | 'closed'; deleteAfter: Date | null },
  ): Promise<Tenant> {
    const { id } = before;
    const after = await tx.tenant.update({
      where: { id },
      data: { ...change, version: { increment: 1 }, updatedAt: this.clock.now() },
    });
    const shown = ({ status, deleteAfter }: Tenant) => ({ status, delete_after: deleteAfter?.toISOString() ?? null });
    await this.audit.write(tx, {
      tenantId: id,
      action: change.status === 'closed' ? 'tenant.closed' : 'tenant.reopened',
      resourceType: 'tenant',
      resourceId: id,
      before: shown(before),
      after: shown(after),
    });
    return after;
  }

  private async mailOwners(tx: Tx, tenant: Tenant, deleteAfter: Date): Promise<void> {
    const tenantId = tenant.id;
    const owners = await tx.user.findMany({
      where: { tenantId, role: 'owner', status: 'active' },
      orderBy: { id: 'asc' },
    });
    const closedBy = owners.find(({ id }) => id === currentUserId());
    for (const { email } of owners)
      await this.mail.send(tx, tenantId, {
        to: email,
        template: 'tenant_closing',
        data: { tenant: tenant.name, closed_by: closedBy?.email ?? '', delete_after: deleteAfter.toISOString() },
      });
  }

  /** Checks the password. A user who signs in by other means has none, so nothing is checked.
   *  @throws ProblemError invalid_credentials, too_many_attempts, validation_failed */
  private async confirmPassword(password: string | undefined): Promise<void> {
    const [tenantId, id] = [currentTenant(), currentUserId()];
    const user = await this.db.tenant.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
    if (user?.passwordHash) await this.reauthentication.byPassword(user, password);
  }
}
