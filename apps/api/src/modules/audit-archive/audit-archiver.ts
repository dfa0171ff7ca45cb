import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import { Database, type SystemQuery } from '@coditect/db/database';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { type AuditRow, presentSealedEntry } from '#modules/audit/audit-logs.presenter';
import type { TenantChain } from './months/archive-manifest.js';
import { ArchiveObjects } from './months/archive-objects.js';
import { type ArchiveRecord, ArchiveRecords, firstDay } from './months/archive-records.js';
import { ArchiveVerification } from './months/archive-verification.js';
import { ArchivedChains, ArchiveDamagedError } from './months/archived-chains.js';

const PAGE = 1_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** The archive is made once more if it was damaged, or if the database has changed since. */
const ATTEMPTS = 2;
/** While the drop waits for its lock, all writers of audit entries wait behind it. So each try waits briefly. */
const DROP_LIMITS = { statementMs: 10 * 60_000, lockMs: 900 };
const DROP_TRIES = 10;
const DROP_PAUSE_MS = 2_000;

/** object_not_in_prerequisite_state: the partition has changed since it was archived. foreign_key_violation: a tenant
 *  was deleted. */
const STALE = ['55000', '23503'];
/** lock_not_available, deadlock_detected */
const LOCKED = ['55P03', '40P01'];

/**
 * Moves months of audit entries into the archive. A month is written, recorded, read back and verified. Only then is it
 * dropped from the database, in the transaction that records where each chain goes on (decision record 0013). Each step
 * starts from what the steps before have left, so the process can be killed at any time and run again.
 */
@Injectable()
export class AuditArchiver {
  private readonly logger = new Logger('audit-archive');

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly db: Database,
    private readonly records: ArchiveRecords,
    private readonly objects: ArchiveObjects,
    private readonly verification: ArchiveVerification,
  ) {}

  /** Returns the months to archive, such as `2026-01`, oldest first: they ended more than `retentionDays` ago, and all
   *  their entries are sealed. */
  async due(): Promise<string[]> {
    const before = new Date(this.clock.now().getTime() - this.config.auditArchive.retentionDays * DAY_MS);
    const { rows } = await this.db.systemQuery<{ month: string }>(
      `SELECT to_char(month, 'YYYY-MM') AS month
       FROM (SELECT to_date(substring(c.relname FROM '\\d{4}_\\d{2}$'), 'YYYY_MM') AS month
         FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'audit_logs'::regclass) AS partition
       WHERE (month + interval '1 month') AT TIME ZONE 'UTC' <= $1
         AND NOT EXISTS (SELECT FROM audit_archives a WHERE a.month = partition.month AND dropped_at IS NOT NULL)
         AND NOT EXISTS (SELECT FROM audit_logs WHERE sequence IS NULL
           AND occurred_at >= month::timestamp AT TIME ZONE 'UTC' AND occurred_at < (month + interval '1 month') AT TIME ZONE 'UTC')
       ORDER BY month`,
      [before],
    );
    return rows.map(({ month }) => month);
  }

  /**
   * Archives a month and drops it from the database. Only one process may do this at a time.
   * @param assertHeld throws if the lock may be lost, so that another process may have begun
   * @throws ArchiveDamagedError if the archive read back differs from what was written, or if entries were tampered
   *   with
   */
  async archive(month: string, assertHeld: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const record = (await this.records.find(month)) ?? (await this.write(month));
      try {
        const manifest = await this.verification.manifest(record);
        const read = await this.verification.verify(manifest);
        await this.records.recordVerified(record, read);
        await assertHeld();
        await this.drop(month, read.tenants);
        this.logger.log({ msg: 'audit entries archived', month, rows: read.rows, manifest: record.manifest });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof ArchiveDamagedError || hasCode(error, STALE))) throw error;
        this.logger.warn({ msg: 'the archive is written again', month, err: String(error) });
        await this.write(month);
      }
    }
  }

  /** Writes and records a new archive of the month, verifying the chains on the way. */
  private async write(month: string): Promise<ArchiveRecord> {
    const folder = this.records.newFolder(month);
    const chains = new ArchivedChains();
    const objects = await this.objects.write(folder, verified(this.entries(month), chains));
    const reference = await this.records.writeManifest(folder, {
      format: 1,
      month,
      created_at: this.clock.now().toISOString(),
      rows: chains.rows,
      objects,
      tenants: chains.tenants,
    });
    await this.records.record(month, reference);
    return { ...reference, month, verifiedAt: null, droppedAt: null };
  }

  /** Reads the month page by page, not in one snapshot: the function that drops the partition compares it with the
   *  archive. */
  private async *entries(month: string): AsyncGenerator<SealedEntry> {
    let after: [string, string | bigint | null] = ['00000000-0000-0000-0000-000000000000', '0'];
    const begin = new Date(`${firstDay(month)}T00:00:00Z`);
    const end = new Date(Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + 1));
    for (;;) {
      const { rows } = await this.db.systemQuery<AuditRow>(
        `SELECT * FROM audit_logs
         WHERE occurred_at >= $1 AND occurred_at < $2 AND (tenant_id, sequence) > ($3::uuid, $4::bigint)
         ORDER BY tenant_id, sequence LIMIT ${PAGE}`,
        [begin, end, ...after],
      );
      for (const row of rows) yield presentSealedEntry(row);
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      after = [last.tenant_id, last.sequence];
    }
  }

  /** Drops the partition and records the cuts in one transaction. So readers and the sealer see either the entries or
   *  the cut. */
  private async drop(month: string, tenants: readonly TenantChain[]): Promise<void> {
    for (let tried = 1; ; tried += 1) {
      try {
        await this.db.systemLongTx(DROP_LIMITS, async (query) => {
          await recordCuts(query, month, tenants);
          await query('SELECT drop_archived_audit_partition($1::date)', [firstDay(month)]);
        });
        return;
      } catch (error) {
        if (tried === DROP_TRIES || !hasCode(error, LOCKED)) throw error;
        await sleep(DROP_PAUSE_MS);
      }
    }
  }
}

async function* verified(entries: AsyncIterable<SealedEntry>, chains: ArchivedChains): AsyncGenerator<SealedEntry> {
  for await (const entry of entries) {
    chains.add(entry);
    yield entry;
  }
}

async function recordCuts(query: SystemQuery, month: string, tenants: readonly TenantChain[]): Promise<void> {
  const cuts = tenants.flatMap(({ tenant_id, ranges }) =>
    ranges.map((range) => ({
      tenant_id,
      ...range,
      previous_hash: Buffer.from(range.previous_hash, 'base64url').toString('hex'),
      last_hash: Buffer.from(range.last_hash, 'base64url').toString('hex'),
    })),
  );
  await query(
    `INSERT INTO audit_chain_cuts (tenant_id, id, month, first_sequence, previous_hash, last_sequence, last_hash)
     SELECT tenant_id, gen_random_uuid(), $1::date, first_sequence, decode(previous_hash, 'hex'), last_sequence,
       decode(last_hash, 'hex')
     FROM jsonb_to_recordset($2::jsonb) AS c(tenant_id uuid, first_sequence bigint, previous_hash text,
       last_sequence bigint, last_hash text)`,
    [firstDay(month), JSON.stringify(cuts)],
  );
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
