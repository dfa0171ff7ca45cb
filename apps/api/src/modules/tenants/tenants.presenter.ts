import type { Tenant as TenantMessage } from '@coditect/contracts/tenants';
import type { Tenant } from '@coditect/db/generated/prisma/client';

export function presentTenant(tenant: Tenant): TenantMessage {
  return {
    id: tenant.id,
    slug: tenant.slug,
    name: tenant.name,
    status: tenant.status,
    plan_tier: tenant.planTier,
    contact_email: tenant.contactEmail,
    require_two_factor: tenant.requireTwoFactor,
    delete_after: tenant.deleteAfter?.toISOString() ?? null,
    version: tenant.version,
    created_at: tenant.createdAt.toISOString(),
    updated_at: tenant.updatedAt.toISOString(),
  };
}
