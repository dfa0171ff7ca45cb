import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { AuditErasure } from '#modules/audit/erasure/audit-erasure';
import { AuditService } from '#modules/audit/audit.service';
import { LoginEnder } from '#modules/auth/logins/login-ender';
import type { EndedSession } from '#modules/licenses/session-ends/session-end.statements';
import { SessionEnder } from '#modules/licenses/session-ends/session-ender';
import { Clock } from '#platform/clock';
import { checkVersion } from '#platform/versions/preconditions';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant } from '#platform/request-context';
import { formerAddressesOf, keepFormerAddress } from '#modules/accounts/former-addresses';
import { InvitationsService } from './invitations/invitations.service.js';
import { assertAnotherOwner, findChangeable, lockManagers } from '#modules/accounts/managers';
import { PersonTraces } from './person-traces.js';
import { type PresentUser, UserPresence } from './user-presence.js';

const ERASED_NAME = 'Erased user';

/** Removes users for good. A tombstone stays, so that projects and audit entries still name the user. */
@Injectable()
export class UserRemovalService {
  constructor(
    private readonly db: Database,
    private readonly sessions: SessionEnder,
    private readonly loginEnder: LoginEnder,
    private readonly presence: UserPresence,
    private readonly audit: AuditService,
    private readonly auditErasure: AuditErasure,
    private readonly invitations: InvitationsService,
    private readonly traces: PersonTraces,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends all license sessions and logins of the user, and deletes its credentials. The tombstone keeps the name; the
   * e-mail is free again. Revokes the user's open invitations of owners and admins. Its other invitations stay, because
   * they belong to the organization.
   * @throws ProblemError user_not_found, precondition_failed, last_owner, forbidden for an admin who removes an owner
   */
  async remove(id: string): Promise<void> {
    const tenantId = currentTenant();
    const ended = await this.db.tenantTx(async (tx) => {
      const actor = await lockManagers(tx, tenantId, id, 'user:remove');
      const user = await findChangeable(tx, tenantId, id, actor);
      checkVersion(user.version);
      return this.removeWithin(tx, user);
    });
    await this.sessions.forgetEnded(tenantId, ended);
  }

  /**
   * Removes the user, if it is not removed yet, and erases its personal data, in audit entries too (GDPR, article 17).
   * That includes its former e-mail addresses, for the time when it had them. A call that broke off can be repeated and
   * continues: the addresses are kept until the archives are done.
   * @throws ProblemError user_not_found, precondition_failed, last_owner, forbidden
   */
  async erase(id: string): Promise<PresentUser> {
    const tenantId = currentTenant();
    const { user, person, ended } = await this.db.tenantTx(async (tx) => {
      await lockManagers(tx, tenantId, id, 'user:erase');
      const before = await tx.user.findUnique({ where: { tenantId_id: { tenantId, id } } });
      if (!before) throw new ProblemError('user_not_found');
      checkVersion(before.version);
      const sessions = before.status === 'removed' ? [] : await this.removeWithin(tx, before);
      const addresses = await formerAddressesOf(tx, { tenantId, userId: id });
      const after = await tx.user.update({
        where: { tenantId_id: { tenantId, id } },
        data: { name: ERASED_NAME, lastLoginAt: null, version: { increment: 1 } },
      });
      await tx.login.deleteMany({ where: { tenantId, userId: id } }); // with IP addresses, devices and refresh tokens
      await this.invitations.forgetEndedFor(tx, tenantId, addresses);
      await this.audit.write(tx, { tenantId, action: 'user.erased', resourceType: 'user', resourceId: id });
      return { user: after, person: { tenantId, userId: id, addresses }, ended: sessions };
    });
    await this.sessions.forgetEnded(tenantId, ended);
    await this.traces.erase(person);
    await this.auditErasure.erasePerson(person);
    await this.traces.withdrawExports(tenantId);
    return this.presence.ofOne(user);
  }

  /** The user must be locked by `lockManagers`: no grant and no login passes that lock. The audit entries are
   *  written first, so that they still name a user who removes itself. */
  private async removeWithin(tx: Tx, user: User): Promise<EndedSession[]> {
    const { tenantId, id } = user;
    await assertAnotherOwner(tx, user);
    await this.audit.write(tx, {
      tenantId,
      action: 'user.removed',
      resourceType: 'user',
      resourceId: id,
      before: { status: user.status, email: user.email },
      after: { status: 'removed' },
    });
    await this.invitations.revokeBeyond(tx, user, undefined);
    const ended = await this.sessions.endWithin(tx, { tenantId, userId: id }, 'user_removed');
    await this.loginEnder.endAll(tx, user);
    const of = { where: { tenantId, userId: id } };
    for (const key of await tx.apiKey.findMany({ ...of, select: { id: true, name: true } }))
      await this.audit.write(tx, {
        tenantId,
        action: 'api_key.deleted',
        resourceType: 'api_key',
        resourceId: key.id,
        before: { name: key.name, user_id: id },
      });
    await tx.apiKey.deleteMany(of);
    await tx.identity.deleteMany(of);
    await tx.recoveryCode.deleteMany(of);
    await tx.oneTimeToken.deleteMany(of);
    await tx.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: {
        status: 'removed',
        email: tombstoneEmail(id),
        passwordHash: null,
        emailVerifiedAt: null,
        totpSecret: null,
        totpEnabledAt: null,
        totpLastStep: null,
        version: { increment: 1 },
      },
    });
    await keepFormerAddress(tx, user, this.clock.now());
    return ended;
  }
}

/** A unique address that can never exist (RFC 2606, section 2). */
function tombstoneEmail(id: string): string {
  return `removed-${id}@removed.invalid`;
}
