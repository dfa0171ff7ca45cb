import { Injectable } from '@nestjs/common';
import type { LoginQuery } from '@coditect/contracts/logins';
import { Database } from '@coditect/db/database';
import type { Login } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { orderBy } from '#platform/lists/paging';
import { ProblemError } from '#platform/problems/problem';
import { currentRequest, currentTenant, currentUserId } from '#platform/request-context';
import { LoginEnder } from './login-ender.js';

/** Lists and ends the caller's own logins (OWASP ASVS 7.4.3, 7.5.2). */
@Injectable()
export class OwnLogins {
  constructor(
    private readonly db: Database,
    private readonly loginEnder: LoginEnder,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** The logins that have not ended. */
  async list(query: LoginQuery): Promise<{ count: number; rows: Login[] }> {
    const where = {
      tenantId: currentTenant(),
      userId: currentUserId(),
      revokedAt: null,
      expiresAt: { gt: this.clock.now() },
    };
    const [count, rows] = await Promise.all([
      this.db.tenant.login.count({ where }),
      this.db.tenant.login.findMany({
        where,
        orderBy: orderBy(query.ordering),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /** @throws ProblemError login_not_found, also for a login of another user and for one that has ended */
  async end(id: string): Promise<void> {
    const [tenantId, userId] = [currentTenant(), currentUserId()];
    await this.db.tenantTx(async (tx) => {
      const login = await this.loginEnder.lock(tx, { tenantId, userId, id });
      if (!login || login.revokedAt || login.expiresAt <= this.clock.now()) throw new ProblemError('login_not_found');
      await this.loginEnder.end(tx, login);
      await this.audit.write(tx, {
        tenantId,
        action: 'login.revoked',
        resourceType: 'login',
        resourceId: id,
        before: { method: login.method },
      });
    });
  }

  /** Ends all logins of the caller, by default including the one of this request. */
  async endAll({ exceptCurrent }: { exceptCurrent: boolean }): Promise<void> {
    const [tenantId, userId] = [currentTenant(), currentUserId()];
    const kept = exceptCurrent ? currentRequest().actor?.loginId : undefined;
    await this.db.tenantTx(async (tx) => {
      const logins = await this.loginEnder.endAll(tx, { tenantId, id: userId }, kept);
      await this.audit.write(tx, {
        tenantId,
        action: 'user.logged_out_everywhere',
        resourceType: 'user',
        resourceId: userId,
        after: { logins_ended: logins, except_current: exceptCurrent },
      });
    });
  }
}
