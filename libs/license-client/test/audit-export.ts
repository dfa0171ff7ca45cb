import type { Entry, SealedEntry } from '@coditect/audit-chain/entry';
import { GENESIS, seal } from '@coditect/audit-chain/seal';

/** Returns the entries of an export, sealed as the server does it. */
export function sealedEntries(count: number, tenantId = '0195a4bf-8e1d-7c3a-9f42-61d7b0c5e8a1'): SealedEntry[] {
  let head = GENESIS;
  return Array.from({ length: count }, (_, i) => {
    const entry: Entry = {
      tenant_id: tenantId,
      id: `0195a4c2-7d10-7e55-b8c1-${String(i).padStart(12, '0')}`,
      occurred_at: new Date(Date.UTC(2026, 10, 22, 9, 30, 0, i)).toISOString(),
      actor_type: 'user',
      actor_id: '0195a4bf-9a70-7d51-8b3e-2c94f6a1d073',
      actor_name: 'ada@acme.example',
      action: 'user.disabled',
      resource_type: 'user',
      resource_id: String(i),
      request_id: null,
      before: { status: 'active' },
      after: { status: 'disabled' },
      ip: '203.0.113.7',
      user_agent: null,
    };
    const sealed = { ...entry, ...seal(entry, head), erased_at: null };
    head = sealed;
    return sealed;
  });
}

export const ndjson = (entries: object[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
