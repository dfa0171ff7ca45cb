import { Injectable } from '@nestjs/common';
import type { VerifyEmailRequest } from '@coditect/contracts/passwords';
import { Database } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { withTenant } from '#platform/request-context';
import { OwnAccount } from '#modules/accounts/own-account';
import { OneTimeLinks } from '../proof/one-time-links.js';

/** Proves that a user reads the mail of its address. */
@Injectable()
export class EmailVerification {
  constructor(
    private readonly db: Database,
    private readonly own: OwnAccount,
    private readonly links: OneTimeLinks,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Mails a link to the caller, unless the address is already verified.
   *  @throws ProblemError too_many_attempts */
  async request(): Promise<void> {
    const account = await this.own.get();
    if (account.emailVerifiedAt) return;
    const { tenantId, id } = account;
    const sent = await this.db.tenantTx(async (tx) => {
      if (!(await this.links.send(tx, account, 'email_verification'))) return false;
      await this.audit.write(tx, {
        tenantId,
        action: 'user.email_verification_requested',
        resourceType: 'user',
        resourceId: id,
      });
      return true;
    });
    if (!sent)
      throw new ProblemError('too_many_attempts', {
        detail: 'Several mails were sent already; look for them in your mailbox and among spam.',
        headers: { 'retry-after': '3600' },
      });
  }

  /** @throws ProblemError link_invalid, also when the address has changed since the link was sent */
  async verify({ token }: VerifyEmailRequest): Promise<void> {
    const link = this.links.parse(token, 'email_verification');
    await withTenant(link.tenantId, { type: 'user' }, () =>
      this.db.tenantTx(async (tx) => {
        const { tenantId, id, emailVerifiedAt } = await this.links.redeem(tx, link, 'email_verification');
        if (emailVerifiedAt) return;
        await tx.user.update({
          where: { tenantId_id: { tenantId, id } },
          data: { emailVerifiedAt: this.clock.now(), version: { increment: 1 } },
        });
        await this.audit.write(tx, {
          tenantId,
          action: 'user.email_verified',
          resourceType: 'user',
          resourceId: id,
          actorId: id,
          before: { email_verified: false },
          after: { email_verified: true },
        });
      }),
    );
  }
}
