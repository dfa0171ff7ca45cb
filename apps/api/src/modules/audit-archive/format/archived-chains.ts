import { ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import type { TenantChain } from './archive-manifest.js';

/** What is archived, or is to be, is not what it must be. Nothing may be dropped because of it. */
export class ArchiveDamagedError extends Error {
  override readonly name = 'ArchiveDamagedError';
}

/** Verifies entries that come tenant by tenant in the order of their chains, and tells which ranges of chains they are. In
 *  memory is what a manifest states of each tenant. */
export class ArchivedChains {
  readonly tenants: TenantChain[] = [];
  rows = 0;
  /** Entries of which actor, or detail, is not erased: an erasure takes the salt. */
  actorSalts = 0;
  detailSalts = 0;
  private verifier = new ChainVerifier();

  /** @throws ArchiveDamagedError naming tenant, sequence and what is wrong */
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
