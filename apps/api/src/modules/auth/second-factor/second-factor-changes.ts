import { Injectable } from '@nestjs/common';
import type { Tx } from '@coditect/db/database';
import type { Prisma } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { MailService } from '#modules/mail/mail.service';
import type { Account } from '#modules/accounts/account-lock';

/** Writes a change of a user's second factor, and reports it by mail (OWASP ASVS 6.3.7). */
@Injectable()
export class SecondFactorChanges {
  constructor(
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly clock: Clock,
  ) {}

  async write(
    tx: Tx,
    { tenantId, id, email, totpEnabledAt, tenant }: Account,
    action: string,
    changeAt: (now: Date) => Prisma.UserUncheckedUpdateInput,
  ): Promise<void> {
    const now = this.clock.now();
    const after = await tx.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: { ...changeAt(now), version: { increment: 1 } },
    });
    const [was, is] = [totpEnabledAt !== null, after.totpEnabledAt !== null];
    await this.audit.write(tx, {
      tenantId,
      action,
      resourceType: 'user',
      resourceId: id,
      ...(was === is ? {} : { before: { two_factor_enabled: was }, after: { two_factor_enabled: is } }),
    });
    await this.mail.send(tx, tenantId, {
      to: email,
      template: 'two_factor_changed',
      data: { tenant: tenant.name, enabled: is, at: now.toISOString() },
    });
  }
}
