import { Injectable } from '@nestjs/common';
import type { ChangeEmailRequest, ConfirmEmailChangeRequest } from '@coditect/contracts/passwords';
import { Database, type Tx } from '@coditect/db/database';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { MailService } from '#modules/mail/mail.service';
import { keepFormerAddress } from '#modules/accounts/former-addresses';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { withTenant } from '#platform/request-context';
import { validationFailed } from '#platform/problems/validation';
import { OwnAccount } from '#modules/accounts/own-account';
import { LoginEnder } from '../logins/login-ender.js';
import { OneTimeLinks } from '../proof/one-time-links.js';
import { Reauthentication } from '../passwords/reauthentication.js';
import { type Account, lockUser } from '#modules/accounts/account-lock';

/** Changes the e-mail address of a user who is signed in and reads the mail of the new one (OWASP ASVS 6.3.7,
 *  7.5.1). */
@Injectable()
export class EmailChange {
  constructor(
    private readonly db: Database,
    private readonly own: OwnAccount,
    private readonly reauthentication: Reauthentication,
    private readonly links: OneTimeLinks,
    private readonly loginEnder: LoginEnder,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly clock: Clock,
  ) {}

  /** Mails a link to the new address, even to a taken one: the response must not reveal that.
   *  @throws ProblemError invalid_credentials, recent_login_required, too_many_attempts, validation_failed */
  async request({ email, current_password }: ChangeEmailRequest): Promise<void> {
    const account = await this.own.get();
    await this.reauthentication.byPasswordOrRecentLogin(account, current_password);
    if (email === account.email)
      throw validationFailed([{ path: 'email', message: 'is your address already', code: 'unchanged' }]);
    const sent = await this.db.tenantTx((tx) => this.sendLink(tx, account, email));
    if (!sent)
      throw new ProblemError('too_many_attempts', {
        detail: 'Several mails were sent already; look for them in your mailbox and among spam.',
        headers: { 'retry-after': '3600' },
      });
  }

  /** Ends all logins of the user. The unique index lets only one of several concurrent confirmations of an address
   *  succeed.
   *  @throws ProblemError link_invalid; email_taken, after which the link is still valid */
  async confirm({ token }: ConfirmEmailChangeRequest): Promise<void> {
    const link = this.links.parse(token, 'email_change');
    try {
      await withTenant(link.tenantId, { type: 'user' }, () =>
        this.db.tenantTx(async (tx) => {
          const { sentTo, ...user } = await this.links.redeem(tx, link, 'email_change');
          await this.change(tx, user, sentTo);
        }),
      );
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')
        throw new ProblemError('email_taken', { detail: 'Another user of the organization has this address.' });
      throw error;
    }
  }

  private async sendLink(tx: Tx, account: Account, email: string): Promise<boolean> {
    const user = await lockUser(tx, account);
    if (user?.passwordHash !== account.passwordHash) throw new ProblemError('invalid_credentials'); // changed meanwhile
    if (!(await this.links.send(tx, user, 'email_change', email))) return false;
    const { tenantId, id, tenant } = user;
    await this.audit.write(tx, {
      tenantId,
      action: 'user.email_change_requested',
      resourceType: 'user',
      resourceId: id,
      after: { email },
    });
    await this.mail.send(tx, tenantId, {
      to: user.email,
      template: 'email_change_requested',
      data: { tenant: tenant.name, email, at: this.clock.now().toISOString() },
    });
    return true;
  }

  /** Also ends the links that were sent to the old address, because it is no longer the user's. */
  private async change(tx: Tx, user: Account, email: string): Promise<void> {
    const { tenantId, id, tenant } = user;
    const now = this.clock.now();
    await tx.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: { email, emailVerifiedAt: now, version: { increment: 1 } },
    });
    const ended = await this.loginEnder.endAll(tx, user);
    await this.audit.write(tx, {
      tenantId,
      action: 'user.email_changed',
      resourceType: 'user',
      resourceId: id,
      actorId: id,
      before: { email: user.email, email_verified: user.emailVerifiedAt !== null },
      after: { email, email_verified: true, logins_ended: ended },
    });
    await this.mail.send(tx, tenantId, {
      to: user.email,
      template: 'email_changed',
      data: { tenant: tenant.name, email, at: now.toISOString() },
    });
    await keepFormerAddress(tx, user, this.clock.now());
  }
}
