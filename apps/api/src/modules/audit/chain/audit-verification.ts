import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import type { ChainHead, ChainRange } from '@coditect/audit-chain/entry';
import type { AuditVerification as Verification } from '@coditect/contracts/audit';
import { Database } from '@coditect/db/database';
import pLimit from 'p-limit';
import { Clock } from '#platform/clock';
import { currentTenant } from '#platform/request-context';
import { presentSealedEntry } from '../audit-logs.presenter.js';
import { AuditSealer } from './audit-sealer.js';
import { ChainReader } from './chain-reader.js';

/** Verifications at once. Hashing a long chain keeps a core busy for seconds; other requests are served between its
 *  pages. */
const AT_ONCE = 2;

/** Verifies the chain of the current tenant, from its first entry in the database to the last committed one. Also
 *  verifies that archived ranges join on to it (decision record 0013). */
@Injectable()
export class AuditVerification {
  private readonly running = new Map<string, Promise<Verification>>();
  private readonly limit = pLimit(AT_ONCE);

  constructor(
    private readonly db: Database,
    private readonly sealer: AuditSealer,
    private readonly reader: ChainReader,
    private readonly clock: Clock,
  ) {}

  /** Verifies the chain. A call during a running verification of the tenant gets its result; `sealed_at` says as of
   *  when. */
  async verify(): Promise<Verification> {
    const tenantId = currentTenant();
    const started = this.running.get(tenantId);
    if (started) return started;
    const verification = this.limit(() => this.run()).finally(() => this.running.delete(tenantId));
    this.running.set(tenantId, verification);
    return verification;
  }

  private async run(): Promise<Verification> {
    const sealedAt = this.clock.now();
    await this.sealer.seal(currentTenant());
    for (let cuts = await this.cuts(); ;) {
      const report = await this.verifyAround(cuts);
      if (report.valid) return { ...report, sealed_at: sealedAt.toISOString() };
      const now = await this.cuts();
      // A month that was archived during the reading looks like a gap: verify again with the new cuts.
      if (now.length === cuts.length) return { ...report, sealed_at: sealedAt.toISOString() };
      cuts = now;
    }
  }

  private async verifyAround(cuts: readonly ChainRange[]): Promise<Omit<Verification, 'sealed_at'>> {
    const last = Math.max(await this.reader.lastSequence(), cuts.at(-1)?.last_sequence ?? 0);
    const verifier = new ChainVerifier();
    const archived = [...cuts];
    const skipUntil = (sequence: number) => {
      while (archived[0] && archived[0].first_sequence < sequence) verifier.skip(archived.shift()!);
    };
    for await (const rows of this.reader.pages(last)) {
      const holds = rows.every((row) => {
        const entry = presentSealedEntry(row);
        skipUntil(entry.sequence);
        return verifier.add(entry);
      });
      if (!holds) break;
      await setImmediate();
    }
    skipUntil(Infinity);
    verifier.end(last);
    const through = archivedThrough(cuts);
    return { ...verifier.report, ...(through && { archived_through: through }) };
  }

  /** The archived ranges, in the order of the chain. */
  private async cuts(): Promise<ChainRange[]> {
    const cuts = await this.db.tenant.auditChainCut.findMany({ orderBy: { lastSequence: 'asc' } });
    return cuts.map(({ firstSequence, previousHash, lastSequence, lastHash }) => ({
      first_sequence: Number(firstSequence),
      previous_hash: Buffer.from(previousHash).toString('base64url'),
      last_sequence: Number(lastSequence),
      last_hash: Buffer.from(lastHash).toString('base64url'),
    }));
  }
}

/** Returns the end of the archived ranges that follow on from the first entry without a gap; undefined without one. */
function archivedThrough(cuts: readonly ChainRange[]): ChainHead | undefined {
  let end: ChainHead | undefined;
  for (const { first_sequence, last_sequence, last_hash } of cuts) {
    if (first_sequence !== (end?.sequence ?? 0) + 1) break;
    end = { sequence: last_sequence, hash: last_hash };
  }
  return end;
}
