import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '../audit/audit.service.js';
import { SessionEnding } from '../licenses/session-ending.service.js';
import { Clock } from '../../platform/clock.js';
import { isAllowed } from '../../platform/permissions.js';
import { ProblemError } from '../../platform/problem.js';
import { currentTenant, currentUserId } from '../../platform/request-context.js';

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
    const { user, sessions } = await this.db.tenantTx(async (tx) => {
      const actor = await this.lockManagers(tx, tenantId, id);
      const before = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
      if (!before) throw new ProblemError('user_not_found');
      mayChangeOwner(actor, before);
      if (before.role === 'owner' && before.status === 'active') {
        const others = await tx.user.count({ where: { tenantId, role: 'owner', status: 'active', id: { not: id } } });
        if (others === 0) throw new ProblemError('last_owner');
      }
      const after = await tx.user.update({ where: { tenantId_id: { tenantId, id } }, data: { status: 'disabled' } });
      const ended = { where: { tenantId, userId: id, revokedAt: null }, data: { revokedAt: this.clock.now() } };
      await tx.refreshToken.updateMany(ended);
      await tx.login.updateMany(ended);
      const live = await this.ending.endWithin(tx, { tenantId, userId: id }, 'user_disabled');
      await this.audit.write(tx, {
        tenantId,
        action: 'user.disabled',
        resourceType: 'user',
        resourceId: id,
        before: { status: before.status },
        after: { status: after.status },
      });
      return { user: after, sessions: live };
    });
    await this.ending.strikeOff(tenantId, sessions);
    return user;
  }

  /** @throws ProblemError user_not_found, forbidden for an admin who enables an owner */
  async enable(id: string): Promise<User> {
    const tenantId = currentTenant();
    return this.db.tenantTx(async (tx) => {
      const actor = await this.lockManagers(tx, tenantId, id);
      const before = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
      if (!before) throw new ProblemError('user_not_found');
      mayChangeOwner(actor, before);
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

  /**
   * Locks the caller, the user and all owners in one order, so that two managers cannot disable each other at once, and
   * answers the caller as it is now: its access token may tell of a role it no longer has.
   * @throws ProblemError user_disabled, forbidden
   */
  private async lockManagers(tx: Tx, tenantId: string, userId: string): Promise<Manager> {
    const actorId = currentUserId();
    const rows = await tx.$queryRaw<Manager[]>`
      SELECT id, role::text AS role, status::text AS status FROM users
      WHERE tenant_id = ${tenantId}::uuid AND (id IN (${actorId}::uuid, ${userId}::uuid) OR role = 'owner')
      ORDER BY id FOR NO KEY UPDATE`;
    const actor = rows.find((row) => row.id === actorId);
    if (actor?.status !== 'active') throw new ProblemError('user_disabled');
    if (!isAllowed(actor.role, 'user:disable')) throw new ProblemError('forbidden');
    return actor;
  }
}

type Manager = Pick<User, 'id' | 'role' | 'status'>;

function mayChangeOwner(actor: Manager, user: User): void {
  if (user.role === 'owner' && actor.role !== 'owner')
    throw new ProblemError('forbidden', { detail: 'Only an owner can disable or enable an owner.' });
}
