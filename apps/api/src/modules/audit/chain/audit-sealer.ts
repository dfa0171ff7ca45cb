import { Injectable, Logger } from '@nestjs/common';
import type { ChainHead } from '@coditect/audit-chain/entry';
import { GENESIS, seal } from '@coditect/audit-chain/seal';
import { Database, type Tx } from '@coditect/db/database';
import { type AuditRow, presentSealedEntry } from '../audit-logs.presenter.js';

const BATCH = 1_000;

/**
 * Gives committed audit entries their place in the chain of their tenant. Entries are inserted without one, so that
 * writing an entry takes no lock (decision record 0008). Safe to run concurrently and repeatedly.
 */
@Injectable()
export class AuditSealer {
  private readonly logger = new Logger('audit');

  constructor(private readonly db: Database) {}

  /** Seals the entries of every tenant, one batch per tenant in turn, so that a long backlog of one does not delay the
   *  others.
   *  @returns the number of sealed entries
   *  @throws Error if the entries of a tenant could not be sealed, after all others were tried */
  async sealAll(): Promise<number> {
    const failed = new Set<string>();
    let total = 0;
    for (let more = true; more;) {
      const round = await this.sealRound(failed);
      total += round.sealed;
      more = round.more;
    }
    if (failed.size > 0) throw new Error(`the entries of ${failed.size} tenants could not be sealed`);
    return total;
  }

  /** Seals one batch of every tenant that has unsealed entries.
   *  @param failed tenants to leave out; a tenant whose batch cannot be sealed is added
   *  @returns the number of sealed entries, and whether a tenant may have more */
  async sealRound(failed: Set<string>): Promise<{ sealed: number; more: boolean }> {
    const round = { sealed: 0, more: false };
    for (let tenantId = await this.nextUnsealed(); tenantId; tenantId = await this.nextUnsealed(tenantId)) {
      if (failed.has(tenantId)) continue;
      try {
        const count = await this.sealSome(tenantId);
        round.sealed += count;
        round.more ||= count === BATCH;
      } catch (error) {
        failed.add(tenantId);
        this.logger.error({ msg: 'audit entries could not be sealed', tenant_id: tenantId, err: String(error) });
      }
    }
    return round;
  }

  /** Seals all that a tenant has committed so far. Returns the number of sealed entries. */
  async seal(tenantId: string): Promise<number> {
    let sealed = 0;
    for (;;) {
      const count = await this.sealSome(tenantId);
      sealed += count;
      if (count < BATCH) return sealed;
    }
  }

  private async sealSome(tenantId: string): Promise<number> {
    return this.db.systemTx((tx) => sealBatch(tx, tenantId));
  }

  private async nextUnsealed(after?: string): Promise<string | undefined> {
    const entry = await this.db.system.auditLog.findFirst({
      where: { sequence: null, ...(after && { tenantId: { gt: after } }) },
      orderBy: { tenantId: 'asc' },
      select: { tenantId: true },
    });
    return entry?.tenantId;
  }
}

/** Locks the chain of a tenant until the end of the transaction. Sealing and erasing exclude each other, and
 *  themselves. */
export async function lockChain(tx: Tx, tenantId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`audit_chain:${tenantId}`}, 0))`;
}

async function sealBatch(tx: Tx, tenantId: string): Promise<number> {
  await lockChain(tx, tenantId);
  const rows = await tx.$queryRaw<AuditRow[]>`
    SELECT * FROM audit_logs WHERE tenant_id = ${tenantId}::uuid AND sequence IS NULL
    ORDER BY occurred_at, id LIMIT ${BATCH}`;
  if (rows.length === 0) return 0;
  let head = await chainHead(tx, tenantId);
  const seals = rows.map((row) => {
    const { sequence, ...bytes } = seal(presentSealedEntry(row), head);
    head = { sequence, hash: bytes.hash };
    const hex = Object.entries(bytes).map(([name, text]) => [name, Buffer.from(text, 'base64url').toString('hex')]);
    return { id: row.id, occurred_at: row.occurred_at, sequence, ...Object.fromEntries(hex) };
  });
  // Limits the update to the partitions of these entries.
  const [first, last] = [rows[0]!.occurred_at, rows.at(-1)!.occurred_at];
  const sealed = await tx.$executeRaw`
    UPDATE audit_logs a SET sequence = s.sequence,
      previous_hash = decode(s.previous_hash, 'hex'), hash = decode(s.hash, 'hex'),
      actor_digest = decode(s.actor_digest, 'hex'), detail_digest = decode(s.detail_digest, 'hex'),
      actor_salt = decode(s.actor_salt, 'hex'), detail_salt = decode(s.detail_salt, 'hex')
    FROM jsonb_to_recordset(${JSON.stringify(seals)}::jsonb) AS s(id uuid, occurred_at timestamptz, sequence bigint,
      previous_hash text, hash text, actor_digest text, detail_digest text, actor_salt text, detail_salt text)
    WHERE a.tenant_id = ${tenantId}::uuid AND a.occurred_at BETWEEN ${first} AND ${last} AND a.sequence IS NULL
      AND a.occurred_at = s.occurred_at AND a.id = s.id`;
  await tx.$executeRaw`
    INSERT INTO event_logs (tenant_id, id, audit_sealed) VALUES (${tenantId}::uuid, gen_random_uuid(), ${head.sequence})
    ON CONFLICT (tenant_id) DO UPDATE SET audit_sealed = EXCLUDED.audit_sealed`;
  if (sealed !== rows.length) throw new Error(`${rows.length} audit entries were read, ${sealed} sealed`);
  return sealed;
}

/** Returns the last sealed entry, in the database or in the archive. The database must be read first: an entry that is
 *  archived between the two queries is then found by the second. */
async function chainHead(tx: Tx, tenantId: string): Promise<ChainHead> {
  const last = await tx.auditLog.findFirst({
    where: { tenantId, sequence: { not: null } },
    orderBy: { sequence: 'desc' },
    select: { sequence: true, hash: true },
  });
  const cut = await tx.auditChainCut.findFirst({ where: { tenantId }, orderBy: { lastSequence: 'desc' } });
  if (cut && cut.lastSequence > (last?.sequence ?? 0n)) return headOf(cut.lastSequence, cut.lastHash);
  return last ? headOf(last.sequence, last.hash) : GENESIS;
}

function headOf(sequence: bigint | null, hash: Uint8Array | null): ChainHead {
  return { sequence: Number(sequence), hash: Buffer.from(hash ?? []).toString('base64url') };
}
