import { Injectable } from '@nestjs/common';
import type { LicenseSessionQuery } from '@coditect/contracts/license-sessions';
import { Database } from '@coditect/db/database';
import type { LicenseSession, Prisma } from '@coditect/db/generated/prisma/client';
import { mayDo } from '../../platform/permissions.js';
import { orderBy } from '../../platform/paging.js';
import { ProblemError } from '../../platform/problem.js';
import { currentRequest, currentTenant } from '../../platform/request-context.js';

export type LicenseSessionRow = LicenseSession & { user: { id: string; email: string; name: string } };

const include = { user: { select: { id: true, email: true, name: true } } } as const;

/** Who holds which seat. A member sees only its own license sessions. */
@Injectable()
export class LicenseSessionList {
  constructor(private readonly db: Database) {}

  async list(query: LicenseSessionQuery): Promise<{ count: number; rows: LicenseSessionRow[] }> {
    const where: Prisma.LicenseSessionWhereInput = {
      AND: [
        this.visible(),
        { status: query.status, licenseId: query.license_id, userId: query.user_id, machineId: query.machine_id },
      ],
    };
    const [count, rows] = await Promise.all([
      this.db.tenant.licenseSession.count({ where }),
      this.db.tenant.licenseSession.findMany({
        where,
        include,
        orderBy: orderBy(query.ordering),
        take: query.limit,
        skip: query.offset,
      }),
    ]);
    return { count, rows };
  }

  /** @throws ProblemError session_not_found, also for one that the caller may not see */
  async get(id: string): Promise<LicenseSessionRow> {
    const row = await this.db.tenant.licenseSession.findFirst({ where: { AND: [this.visible(), { id }] }, include });
    if (!row) throw new ProblemError('session_not_found');
    return row;
  }

  private visible(): Prisma.LicenseSessionWhereInput {
    const { actor } = currentRequest();
    const tenantId = currentTenant();
    return mayDo(actor, 'license_session:read_all') ? { tenantId } : { tenantId, userId: actor?.userId };
  }
}
