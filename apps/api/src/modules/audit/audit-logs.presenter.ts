import type { SealedEntry } from '@coditect/audit-chain/entry';
import type { AuditLog } from '@coditect/contracts/audit';

/** A row of audit_logs. `sequence` is a string when read by pg, a bigint in raw queries of Prisma. */
export interface AuditRow {
  tenant_id: string;
  id: string;
  occurred_at: Date;
  actor_type: AuditLog['actor_type'];
  actor_id: string | null;
  actor_name: string | null;
  action: string;
  resource_type: string;
  resource_id: string | null;
  before: AuditLog['before'];
  after: AuditLog['after'];
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
  sequence: string | bigint | null;
  previous_hash: Uint8Array | null;
  hash: Uint8Array | null;
  actor_salt: Uint8Array | null;
  actor_digest: Uint8Array | null;
  detail_salt: Uint8Array | null;
  detail_digest: Uint8Array | null;
  erased_at: Date | null;
}

export function presentAuditLog(row: AuditRow): AuditLog {
  return {
    id: row.id,
    occurred_at: row.occurred_at.toISOString(),
    actor_type: row.actor_type,
    actor_id: row.actor_id,
    actor_name: row.actor_name,
    action: row.action,
    resource_type: row.resource_type,
    resource_id: row.resource_id,
    before: row.before,
    after: row.after,
    ip: row.ip,
    user_agent: row.user_agent,
    request_id: row.request_id,
    sequence: row.sequence === null ? null : Number(row.sequence),
    hash: base64url(row.hash),
    erased_at: row.erased_at?.toISOString() ?? null,
  };
}

/** Returns the row in the form that the chain hashes and an NDJSON export contains. Missing parts of the seal become ''
 *  or 0 instead of an error, so that the verification can report an entry that was tampered with. */
export function presentSealedEntry(row: AuditRow): SealedEntry {
  const { sequence, hash, ...entry } = presentAuditLog(row);
  return {
    sequence: sequence ?? 0,
    tenant_id: row.tenant_id,
    ...entry,
    previous_hash: base64url(row.previous_hash) ?? '',
    hash: hash ?? '',
    actor_salt: base64url(row.actor_salt),
    actor_digest: base64url(row.actor_digest) ?? '',
    detail_salt: base64url(row.detail_salt),
    detail_digest: base64url(row.detail_digest) ?? '',
  };
}

function base64url(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}
