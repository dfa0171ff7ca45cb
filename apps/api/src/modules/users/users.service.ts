import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '../audit/audit.service.js';
import { SessionEnding } from '../licenses/session-ending.service.js';
import { Clock } from '../../platform/clock.js';
import { ProblemError } from '../../platform/problem.js';
import { currentRequest, currentTenant } from '../../platform/request-context.js';

@Injectable()
export class UsersService {
  constructor(
    private readonly db: Database,
    private readonly ending: SessionEnding,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the user's live license sessions and logins at once.
   * @throws ProblemError user_not_found, last_owner, forbidden for an admin who disables an owner
   */
  async disable(id: string): Promise<User> {
    const tenantId = currentTenant();
    const { user, ended } = await this.db.tenantTx(async (tx) => {
      // Owners are locked together, so that two of them cannot disable each other at the same time.
      await tx.$queryRaw`SELECT id FROM users WHERE tenant_id = ${tenantId}::uuid AND role = 'owner' ORDER BY id FOR UPDATE`;
      const before = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
      if (!before) throw new ProblemError('user_not_found');
      if (before.role === 'owner')
        await this.mayDisableOwner(before, () =>
          tx.user.count({ where: { tenantId, role: 'owner', status: 'active', id: { not: id } } }),
        );
      const after = await tx.user.update({ where: { tenantId_id: { tenantId, id } }, data: { status: 'disabled' } });
      await tx.refreshToken.updateMany({
        where: { tenantId, userId: id, revokedAt: null },
        data: { revokedAt: this.clock.now() },
      });
      const sessions = await this.ending.endWithin(tx, { tenantId, userId: id }, 'user_disabled');
      await this.audit.write(tx, {
        tenantId,
        action: 'user.disabled',
        resourceType: 'user',
        resourceId: id,
        before: { status: before.status },
        after: { status: after.status },
      });
      return { user: after, ended: sessions };
    });
    await this.ending.strikeOff(tenantId, ended);
    return user;
  }

  /** @throws ProblemError user_not_found */
  async enable(id: string): Promise<User> {
    const tenantId = currentTenant();
    return this.db.tenantTx(async (tx) => {
      const before = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
      if (!before) throw new ProblemError('user_not_found');
      const after = await tx.user.update({ where: { tenantId_id: { tenantId, id } }, data: { status: 'active' } });
      await this.audit.write(tx, {
        tenantId,
        action: 'user.enabled',
        resourceType: 'user',
        resourceId: id,
        before: { status: before.status },
        after: { status: after.status },
      });
      return after;
    });
  }

  private async mayDisableOwner(owner: User, otherActiveOwners: () => Promise<number>): Promise<void> {
    if (currentRequest().actor?.role !== 'owner')
      throw new ProblemError('forbidden', { detail: 'Only an owner can disable an owner.' });
    if (owner.status === 'active' && (await otherActiveOwners()) === 0) throw new ProblemError('last_owner');
  }
}
