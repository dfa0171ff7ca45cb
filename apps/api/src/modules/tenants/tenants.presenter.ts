import type { DataExport as DataExportMessage, Tenant as TenantMessage } from '@coditect/contracts/tenants';
import type { DataExport, Tenant } from '@coditect/db/generated/prisma/client';

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

export function presentDataExport(row: DataExport): DataExportMessage {
  return {
    id: row.id,
    status: row.status,
    requested_by: row.requestedBy,
    size_bytes: row.sizeBytes === null ? null : Number(row.sizeBytes),
    sha256: row.sha256 === null ? null : Buffer.from(row.sha256).toString('hex'),
    error: row.error,
    created_at: row.createdAt.toISOString(),
    completed_at: row.completedAt?.toISOString() ?? null,
    expires_at: row.expiresAt?.toISOString() ?? null,
  };
}
