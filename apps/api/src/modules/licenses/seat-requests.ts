import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import type { User } from '@coditect/db/generated/prisma/client';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant, currentUserId } from '#platform/request-context';
import { AuditService } from '#modules/audit/audit.service';
import { lockUser } from '#modules/accounts/account-lock';
import { MailService } from '#modules/mail/mail.service';
import { refusalByLicense } from './license-session.rules.js';
import { LicensesService, type LicenseWithUse } from './licenses.service.js';

/** The time between two requests of one user for a seat of one license. */
const INTERVAL_MS = 60 * 60 * 1000;

/** Helps a user who finds all seats taken: reads who can free a seat, and asks them by e-mail. */
@Injectable()
export class SeatRequests {
  constructor(
    private readonly db: Database,
    private readonly licenses: LicensesService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Returns owners, then admins, without the caller.
   *  @throws ProblemError license_not_found */
  async contacts(licenseId: string): Promise<User[]> {
    await this.licenses.get(licenseId);
    return this.db.tenantTx((tx) => this.managers(tx));
  }

  /** Mails the contacts, and returns them.
   *  @throws ProblemError license_not_found, license_*, rate_limited */
  async ask(licenseId: string): Promise<User[]> {
    const license = await this.licenses.get(licenseId);
    const refusal = refusalByLicense(license, this.clock.now());
    if (refusal) throw new ProblemError(refusal);
    return this.db.tenantTx(async (tx) => {
      const [tenantId, id] = [currentTenant(), currentUserId()];
      const person = await lockUser(tx, { tenantId, id }); // so that two requests at once see each other
      if (person?.status !== 'active') throw new ProblemError('user_removed');
      await this.assertMayAsk(tx, licenseId, id);
      const managers = await this.managers(tx);
      if (managers.length === 0) return [];
      const mail = this.mailOf(license, person.name, person.tenant.name);
      for (const { email } of managers) await this.mail.send(tx, tenantId, { ...mail, to: email });
      await this.audit.write(tx, {
        tenantId,
        action: 'license.seat_requested',
        resourceType: 'license',
        resourceId: licenseId,
        after: { user_id: id, asked: managers.length },
      });
      return managers;
    });
  }

  private mailOf({ id, product, seatsInUse, seatsTotal }: LicenseWithUse, person: string, tenant: string) {
    return {
      template: 'seat_requested' as const,
      data: {
        tenant,
        person,
        product,
        seats_in_use: seatsInUse,
        seats_total: seatsTotal,
        url: `${this.config.dashboardUrl}/sessions?license=${id}`,
      },
    };
  }

  /** Finds the last request by its audit entry, which no user can delete. Requests count per user, no matter which API key
   *  was used. */
  private async assertMayAsk(tx: Tx, licenseId: string, userId: string): Promise<void> {
    const now = this.clock.now().getTime();
    const last = await tx.auditLog.findFirst({
      where: {
        tenantId: currentTenant(),
        resourceType: 'license',
        resourceId: licenseId,
        action: 'license.seat_requested',
        occurredAt: { gt: new Date(now - INTERVAL_MS) },
        after: { path: ['user_id'], equals: userId },
      },
      orderBy: { occurredAt: 'desc' },
    });
    if (!last) return;
    const waitSeconds = Math.max(1, Math.ceil((last.occurredAt.getTime() + INTERVAL_MS - now) / 1000));
    throw new ProblemError('rate_limited', {
      detail: 'You have asked for a seat of this license within the last hour.',
      headers: { 'retry-after': String(waitSeconds) },
    });
  }

  private managers(tx: Tx): Promise<User[]> {
    return tx.user.findMany({
      where: {
        tenantId: currentTenant(),
        status: 'active',
        id: { not: currentUserId() },
        role: { in: ['owner', 'admin'] },
      },
      orderBy: [{ role: 'asc' }, { name: 'asc' }, { id: 'asc' }],
    });
  }
}
