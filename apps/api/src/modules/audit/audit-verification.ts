import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import type { AuditVerification as Verification } from '@coditect/contracts/audit';
import pLimit from 'p-limit';
import { Clock } from '../../platform/clock.js';
import { currentTenant } from '../../platform/request-context.js';
import { presentSealedEntry } from './audit-logs.presenter.js';
import { AuditSealer } from './audit-sealer.js';
import { ChainReader } from './chain-reader.js';

/** Hashing a long chain keeps a core busy for seconds: others' requests go on between its pages, but not beside many. */
const AT_ONCE = 2;

/** Verifies the chain of the current tenant, from its first entry to the last that is committed now. */
@Injectable()
export class AuditVerification {
  private readonly running = new Map<string, Promise<Verification>>();
  private readonly limit = pLimit(AT_ONCE);

  constructor(
    private readonly sealer: AuditSealer,
    private readonly reader: ChainReader,
    private readonly clock: Clock,
  ) {}

  /** Whoever asks while the tenant's chain is being verified is answered with that: `sealed_at` says as of when. */
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
    const last = await this.reader.lastSequence();
    const verifier = new ChainVerifier();
    for await (const rows of this.reader.pages(last)) {
      if (!rows.every((row) => verifier.add(presentSealedEntry(row)))) break;
      await setImmediate();
    }
    verifier.end(last);
    return { ...verifier.report, sealed_at: sealedAt.toISOString() };
  }
}
