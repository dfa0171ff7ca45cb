import { ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import type { TenantChain } from './archive-manifest.js';

/** Archived entries, or entries to be archived, are missing, damaged or changed. Their month must not be dropped
 *  from the database. */
export class ArchiveDamagedError extends Error {
  override readonly name = 'ArchiveDamagedError';
}

/** Verifies entries that arrive tenant by tenant in the order of their chains, and collects the ranges they form. Keeps
 *  only what a manifest states per tenant, not the entries. */
export class ArchivedChains {
  readonly tenants: TenantChain[] = [];
  rows = 0;
  /** Entries whose actor, or detail, is not erased. An erasure deletes the salt, so the salts are counted. */
  actorSalts = 0;
  detailSalts = 0;
  private verifier = new ChainVerifier();

  /** Adds the next entry. A gap in the sequence begins a new range.
   *  @throws ArchiveDamagedError naming tenant, sequence and reason */
  add(entry: SealedEntry): void {
    const { tenant_id, sequence } = entry;
    const tenant = this.tenantOf(tenant_id);
    const range = tenant.ranges.at(-1);
    if (range && sequence <= range.last_sequence + 1) {
      this.verify(entry);
      Object.assign(range, { last_sequence: sequence, last_hash: entry.hash });
    } else {
      const { previous_hash } = entry;
      this.verifier = new ChainVerifier({ start: { sequence: sequence - 1, hash: previous_hash } });
      this.verify(entry);
      tenant.ranges.push({ first_sequence: sequence, previous_hash, last_sequence: sequence, last_hash: entry.hash });
    }
    tenant.rows += 1;
    this.rows += 1;
    if (entry.actor_salt !== null) this.actorSalts += 1;
    if (entry.detail_salt !== null) this.detailSalts += 1;
  }

  private tenantOf(id: string): TenantChain {
    const last = this.tenants.at(-1);
    if (last?.tenant_id === id) return last;
    if (last && id < last.tenant_id) throw new ArchiveDamagedError(`tenant ${id} comes after ${last.tenant_id}`);
    const tenant: TenantChain = { tenant_id: id, rows: 0, ranges: [] };
    this.tenants.push(tenant);
    return tenant;
  }

  private verify(entry: SealedEntry): void {
    if (this.verifier.add(entry)) return;
    const { sequence, reason } = this.verifier.report.broken_at ?? { ...entry, reason: 'broken' };
    throw new ArchiveDamagedError(`entry ${sequence} of tenant ${entry.tenant_id}: ${reason}`);
  }
}
