import { Injectable } from '@nestjs/common';
import { ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import type { AuditVerification as Verification } from '@coditect/contracts/audit';
import { Clock } from '../../platform/clock.js';
import { currentTenant } from '../../platform/request-context.js';
import { presentSealedEntry } from './audit-logs.presenter.js';
import { AuditSealer } from './audit-sealer.js';
import { ChainReader } from './chain-reader.js';

/** Verifies the chain of the current tenant, from its first entry to the last that is committed now. */
@Injectable()
export class AuditVerification {
  constructor(
    private readonly sealer: AuditSealer,
    private readonly reader: ChainReader,
    private readonly clock: Clock,
  ) {}

  async verify(): Promise<Verification> {
    const sealedAt = this.clock.now();
    await this.sealer.seal(currentTenant());
    const last = await this.reader.lastSequence();
    const verifier = new ChainVerifier();
    for await (const rows of this.reader.pages(last))
      if (!rows.every((row) => verifier.add(presentSealedEntry(row)))) break;
    verifier.end(last);
    return { ...verifier.report, sealed_at: sealedAt.toISOString() };
  }
}
