import { Injectable } from '@nestjs/common';
import type { LicenseQuery } from '@coditect/contracts/licenses';
import { Database, type Tx } from '@coditect/db/database';
import type { License, LicenseStatus } from '@coditect/db/generated/prisma/client';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { ProblemError } from '#platform/problems/problem';
import { currentTenant } from '#platform/request-context';
import { holdsSeat } from '#modules/seats-in-use/seats-in-use';
import { LiveEvents } from '#modules/stream/live-events';
import { LicenseCatalog } from './seats/license-catalog.js';
import type { EndReason } from './license-session.rules.js';
import { SessionEnder } from './session-ends/session-ender.js';

export type LicenseWithUse = License & { seatsInUse: number };

/** Reads licenses, and makes the changes of their state that staff and billing ask for. */
@Injectable()
export class LicensesService {
  constructor(
    private readonly db: Database,
    private readonly catalog: LicenseCatalog,
    private readonly sessions: SessionEnder,
    private readonly audit: AuditService,
    private readonly clock: Clock,
    private readonly live: LiveEvents,
  ) {}

  async list(query: LicenseQuery): Promise<{ count: number; rows: LicenseWithUse[] }> {
    const tenantId = currentTenant();
    const where = { tenantId, status: query.status, product: query.product };
    const [count, licenses, inUse] = await Promise.all([
      this.db.tenant.license.count({ where }),
      this.db.tenant.license.findMany({
        where,
        orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
        take: query.limit,
        skip: query.offset,
      }),
      this.seatsInUse(),
    ]);
    return { count, rows: licenses.map((license) => ({ ...license, seatsInUse: inUse.get(license.id) ?? 0 })) };
  }

  /** @throws ProblemError license_not_found */
  async get(id: string): Promise<LicenseWithUse> {
    const tenantId = currentTenant();
    const [license, inUse] = await Promise.all([
      this.db.tenant.license.findUnique({ where: { tenantId_id: { tenantId, id } } }),
      this.seatsInUse(id),
    ]);
    if (!license) throw new ProblemError('license_not_found');
    return { ...license, seatsInUse: inUse.get(id) ?? 0 };
  }

  /** Suspending or revoking ends the license's live sessions in the same transaction. Their next heartbeat says why. */
  async changeStatus(tenantId: string, id: string, status: LicenseStatus): Promise<License> {
    const reasons: Partial<Record<LicenseStatus, EndReason>> = {
      suspended: 'license_suspended',
      revoked: 'license_revoked',
    };
    const { license, ended } = await this.db.systemTx(async (tx) => {
      const before = await this.lock(tx, tenantId, id);
      if (before.status === 'revoked' && status !== 'revoked') throw new ProblemError('license_revoked');
      const after = await tx.license.update({ where: { tenantId_id: { tenantId, id } }, data: { status } });
      const reason = reasons[status];
      const sessions = reason ? await this.sessions.endWithin(tx, { tenantId, licenseId: id }, reason) : [];
      await this.audit.write(tx, {
        tenantId,
        action: `license.${status === 'active' ? 'reinstated' : status}`,
        resourceType: 'license',
        resourceId: id,
        before: { status: before.status },
        after: { status: after.status },
      });
      return { license: after, ended: sessions };
    });
    this.changed(license);
    await this.sessions.forgetEnded(tenantId, ended);
    return license;
  }

  /** Lowering the seats ends no live session: new acquires are refused until there is room (docs/seats.md, rule 8). */
  async changeSeats(tenantId: string, id: string, seatsTotal: number): Promise<License> {
    const license = await this.db.systemTx(async (tx) => {
      const before = await this.lock(tx, tenantId, id);
      const after = await tx.license.update({ where: { tenantId_id: { tenantId, id } }, data: { seatsTotal } });
      await this.audit.write(tx, {
        tenantId,
        action: 'license.seats_changed',
        resourceType: 'license',
        resourceId: id,
        before: { seats_total: before.seatsTotal },
        after: { seats_total: after.seatsTotal },
      });
      return after;
    });
    this.changed(license);
    return license;
  }

  private changed({ tenantId, id }: License): void {
    this.catalog.invalidate(tenantId);
    this.live.publish(tenantId, { type: 'license.changed', licenseId: id });
  }

  /** Locks the license, so that a decision on its state is not outdated when the transaction commits. */
  private async lock(tx: Tx, tenantId: string, id: string): Promise<License> {
    await tx.$queryRaw`SELECT id FROM licenses WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`;
    const license = await tx.license.findUnique({ where: { tenantId_id: { tenantId, id } } });
    if (!license) throw new ProblemError('license_not_found');
    return license;
  }

  /** Seats in use by license. */
  private async seatsInUse(licenseId?: string): Promise<Map<string, number>> {
    const counts = await this.db.tenant.licenseSession.groupBy({
      by: ['licenseId'],
      where: { tenantId: currentTenant(), licenseId, ...holdsSeat(this.clock.now()) },
      _count: true,
    });
    return new Map(counts.map((row) => [row.licenseId, row._count]));
  }
}
