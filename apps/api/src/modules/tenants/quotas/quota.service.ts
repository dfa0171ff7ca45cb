import { Injectable } from '@nestjs/common';
import type { TenantQuota } from '@coditect/contracts/tenants';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { currentTenant } from '#platform/request-context';
import { seatsInUse } from '#modules/seats-in-use/seats-in-use';
import { quotaUsage } from './quotas.js';

type LicenseSeats = TenantQuota['licenses'][number];

/** Reads the limits of the plan, and how much of them and of the seats is in use. */
@Injectable()
export class QuotaService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Returns the limits of the plan with their use, and for each license its seats. */
  async read(): Promise<TenantQuota> {
    const tenantId = currentTenant();
    const now = this.clock.now();
    const { tenant } = this.db;
    const [{ planTier, plan }, usage, pending, licenses] = await Promise.all([
      tenant.tenant.findUniqueOrThrow({ where: { id: tenantId }, include: { plan: true } }),
      quotaUsage(tenant, tenantId, now),
      tenant.invitation.count({ where: { tenantId, acceptedAt: null, revokedAt: null, expiresAt: { gt: now } } }),
      tenant.$queryRaw<LicenseSeats[]>`
        SELECT l.id AS license_id, l.product, l.status::text AS status, l.seats_total, ${seatsInUse(now)} AS seats_in_use
        FROM licenses l WHERE l.tenant_id = ${tenantId}::uuid ORDER BY l.created_at, l.id`,
    ]);
    return {
      plan_tier: planTier,
      features: plan.features,
      users: { ...usage.max_users, pending_invitations: pending },
      projects: usage.max_projects,
      licenses,
    };
  }
}
