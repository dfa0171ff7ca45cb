import { Injectable } from '@nestjs/common';
import type { TenantQuota } from '@coditect/contracts/tenants';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { currentTenant } from '#platform/request-context';
import { quotaUsage } from './quotas.js';

type LicenseSeats = TenantQuota['licenses'][number];

/** Reads the limits of the plan, and how much of them and of the seats is in use. */
@Injectable()
export class QuotaService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async read(): Promise<TenantQuota> {
    const tenantId = currentTenant();
    const now = this.clock.now();
    const { tenant } = this.db;
    const [{ planTier, plan }, usage, pending, licenses] = await Promise.all([
      tenant.tenant.findUniqueOrThrow({ where: { id: tenantId }, include: { plan: true } }),
      quotaUsage(tenant, tenantId, now),
      tenant.invitation.count({ where: { tenantId, acceptedAt: null, revokedAt: null, expiresAt: { gt: now } } }),
      // A lapsed session that is not recorded as expired yet holds no seat.
      tenant.$queryRaw<LicenseSeats[]>`
        SELECT l.id AS license_id, l.product, l.status::text AS status, l.seats_total, count(s.id)::int AS seats_in_use
        FROM licenses l LEFT JOIN license_sessions s
          ON s.tenant_id = l.tenant_id AND s.license_id = l.id AND s.status = 'active' AND s.lease_expires_at > ${now}
        WHERE l.tenant_id = ${tenantId}::uuid GROUP BY l.tenant_id, l.id ORDER BY l.created_at, l.id`,
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
