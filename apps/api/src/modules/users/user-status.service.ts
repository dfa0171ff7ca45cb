import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { LoginEnder } from '#modules/auth/logins/login-ender';
import { SessionEnder } from '#modules/licenses/session-ends/session-ender';
import { checkVersion } from '#platform/versions/preconditions';
import { currentTenant } from '#platform/request-context';
import { InvitationsService } from './invitations/invitations.service.js';
import { assertAnotherOwner, findChangeable, lockManagers } from '#modules/accounts/managers';
import { type PresentUser, UserPresence } from './user-presence.js';

/** Disables and enables users. A call for a user who is already in that state changes nothing. */
@Injectable()
export class UserStatusService {
  constructor(
    private readonly db: Database,
    private readonly sessions: SessionEnder,
    private readonly loginEnder: LoginEnder,
    private readonly invitations: InvitationsService,
    private readonly presence: UserPresence,
    private readonly audit: AuditService,
  ) {}

  /**
   * Ends the user's live license sessions and logins at once, and revokes its invitations of owners and admins.
   * @throws ProblemError user_not_found, precondition_failed, last_owner, forbidden for an admin who disables an owner
   */
  async disable(id: string): Promise<PresentUser> {
    const tenantId = currentTenant();
    const { user, ended } = await this.db.tenantTx(async (tx) => {
      const actor = await lockManagers(tx, tenantId, id, 'user:disable');
      const before = await findChangeable(tx, tenantId, id, actor);
      if (before.status === 'disabled') return { user: before, ended: [] };
      checkVersion(before.version);
      await assertAnotherOwner(tx, before);
      const after = await this.setStatus(tx, before, 'disabled');
      await this.invitations.revokeBeyond(tx, after, undefined);
      await this.loginEnder.endAll(tx, after);
      return { user: after, ended: await this.sessions.endWithin(tx, { tenantId, userId: id }, 'user_disabled') };
    });
    await this.sessions.forgetEnded(tenantId, ended);
    return this.presence.ofOne(user);
  }

  /** @throws ProblemError user_not_found, precondition_failed, forbidden for an admin who enables an owner */
  async enable(id: string): Promise<PresentUser> {
    const tenantId = currentTenant();
    const user = await this.db.tenantTx(async (tx) => {
      const actor = await lockManagers(tx, tenantId, id, 'user:disable');
      const before = await findChangeable(tx, tenantId, id, actor);
      if (before.status === 'active') return before;
      checkVersion(before.version);
      return this.setStatus(tx, before, 'active');
    });
    return this.presence.ofOne(user);
  }

  private async setStatus(tx: Tx, before: User, status: 'active' | 'disabled'): Promise<User> {
    const { tenantId, id } = before;
    const after = await tx.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: { status, version: { increment: 1 } },
    });
    await this.audit.write(tx, {
      tenantId,
      action: status === 'active' ? 'user.enabled' : 'user.disabled',
      resourceType: 'user',
      resourceId: id,
      before: { status: before.status },
      after: { status },
    });
    return after;
  }
}
