import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { LoginEnder } from '#modules/auth/logins/login-ender';
import { MailService } from '#modules/mail/mail.service';
import { Clock } from '#platform/clock';
import { checkVersion } from '#platform/versions/preconditions';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant, currentUserId } from '#platform/request-context';
import { findChangeable, lockManagers } from '#modules/accounts/managers';
import { type PresentUser, UserPresence } from './user-presence.js';

/** Restores access for a user who has lost the authenticator and the recovery codes. */
@Injectable()
export class SecondFactorReset {
  constructor(
    private readonly db: Database,
    private readonly loginEnder: LoginEnder,
    private readonly presence: UserPresence,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly clock: Clock,
  ) {}

  /**
   * Removes the second factor of a user with its recovery codes, and ends its logins: a finder of the phone may have
   * one. Does nothing for a user without a second factor. Refuses the caller's own: turning that off requires a code.
   * @throws ProblemError user_not_found, precondition_failed, forbidden for the caller itself, and for an owner if an
   * admin calls
   */
  async reset(id: string): Promise<PresentUser> {
    const tenantId = currentTenant();
    if (id === currentUserId())
      throw new ProblemError('forbidden', { detail: 'Turn off your own second factor with one of its codes.' });
    const user = await this.db.tenantTx(async (tx) => {
      const actor = await lockManagers(tx, tenantId, id, 'user:reset_two_factor');
      const before = await findChangeable(tx, tenantId, id, actor);
      checkVersion(before.version);
      return before.totpEnabledAt || before.totpSecret ? this.takeOff(tx, before) : before;
    });
    return this.presence.ofOne(user);
  }

  private async takeOff(tx: Tx, before: User): Promise<User> {
    const { tenantId, id } = before;
    const after = await tx.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: { totpSecret: null, totpEnabledAt: null, totpLastStep: null, version: { increment: 1 } },
    });
    await tx.recoveryCode.deleteMany({ where: { tenantId, userId: id } });
    const ended = await this.loginEnder.endAll(tx, after);
    await this.audit.write(tx, {
      tenantId,
      action: 'user.two_factor_reset',
      resourceType: 'user',
      resourceId: id,
      before: { two_factor_enabled: before.totpEnabledAt !== null },
      after: { two_factor_enabled: false, logins_ended: ended },
    });
    const [tenant, manager] = await Promise.all([
      tx.tenant.findUniqueOrThrow({ where: { id: tenantId }, select: { name: true } }),
      tx.user.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id: currentUserId() } }, select: { name: true } }),
    ]);
    await this.mail.send(tx, tenantId, {
      to: before.email,
      template: 'two_factor_reset',
      data: { tenant: tenant.name, reset_by: manager.name, at: this.clock.now().toISOString() },
    });
    return after;
  }
}
