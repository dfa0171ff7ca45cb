import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { MailService } from '#modules/mail/mail.service';
import { LoginEnder } from '../logins/login-ender.js';
import { OneTimeLinks } from '../proof/one-time-links.js';
import type { Account } from '#modules/accounts/account-lock';

/** Sets a password, with all consequences, for every way in which it can be set. */
@Injectable()
export class PasswordSetter {
  constructor(
    private readonly loginEnder: LoginEnder,
    private readonly links: OneTimeLinks,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly clock: Clock,
  ) {}

  /**
   * Sets the password of a locked user, ends its logins and reports it by mail (OWASP ASVS 6.3.7, 7.4.3). Also ends a
   * pending change of the e-mail address, because an intruder with the old password may have asked for it.
   * @param action for the audit entry
   * @param options.keptLogin the one login that continues
   * @param options.emailProved true if the user came by a link sent to its address
   * @param options.apiKeysRevoked number for the mail
   */
  async set(
    tx: Tx,
    { tenantId, id, email, emailVerifiedAt, tenant }: Account,
    passwordHash: string,
    action: 'user.password_changed' | 'user.password_reset',
    {
      keptLogin,
      emailProved = false,
      apiKeysRevoked = 0,
    }: { keptLogin?: string; emailProved?: boolean; apiKeysRevoked?: number } = {},
  ): Promise<void> {
    const now = this.clock.now();
    const verified = emailProved && !emailVerifiedAt;
    await tx.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: { passwordHash, ...(verified ? { emailVerifiedAt: now, version: { increment: 1 } } : {}) },
    });
    await this.links.endAll(tx, { tenantId, id }, 'email_change');
    const ended = await this.loginEnder.endAll(tx, { tenantId, id }, keptLogin);
    await this.audit.write(tx, {
      tenantId,
      action,
      resourceType: 'user',
      resourceId: id,
      actorId: id,
      after: { logins_ended: ended, ...(verified ? { email_verified: true } : {}) },
    });
    await this.mail.send(tx, tenantId, {
      to: email,
      template: 'password_changed',
      data: { tenant: tenant.name, at: now.toISOString(), api_keys_revoked: apiKeysRevoked },
    });
  }
}
