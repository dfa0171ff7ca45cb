import type { DataExport as DataExportMessage } from '@coditect/contracts/tenants';
import type { DataExport } from '@coditect/db/generated/prisma/client';

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
