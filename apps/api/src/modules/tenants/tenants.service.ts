import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Tenant, TenantStatus } from '@coditect/db/generated/prisma/client';
import { AuditService } from '../audit/audit.service.js';
import { SessionEnding } from '../licenses/session-ending.service.js';
import { ProblemError } from '../../platform/problem.js';

@Injectable()
export class TenantsService {
  constructor(
    private readonly db: Database,
    private readonly ending: SessionEnding,
    private readonly audit: AuditService,
  ) {}

  /** Suspending a tenant ends all its live license sessions in the same transaction; their next heartbeat says why. */
  async changeStatus(tenantId: string, status: Extract<TenantStatus, 'active' | 'suspended'>): Promise<Tenant> {
    const { tenant, ended } = await this.db.systemTx(async (tx) => {
      const before = await tx.tenant.findUnique({ where: { id: tenantId } });
      if (!before) throw new ProblemError('not_found');
      const after = await tx.tenant.update({ where: { id: tenantId }, data: { status } });
      const sessions = status === 'suspended' ? await this.ending.endWithin(tx, { tenantId }, 'tenant_suspended') : [];
      await this.audit.write(tx, {
        tenantId,
        action: status === 'suspended' ? 'tenant.suspended' : 'tenant.reinstated',
        resourceType: 'tenant',
        resourceId: tenantId,
        before: { status: before.status },
        after: { status: after.status },
      });
      return { tenant: after, ended: sessions };
    });
    await this.ending.strikeOff(tenantId, ended);
    return tenant;
  }
}
