import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { ArchiveManifest, type ManifestReference, runFolder } from './archive-manifest.js';
import { ArchiveStore } from '../stores/archive-store.js';
import type { ArchivedChains } from './archived-chains.js';

/** An archived month. `verifiedAt` and `droppedAt` are null until that step is done. */
export interface ArchiveRecord extends ManifestReference {
  /** Such as `2026-01`. */
  month: string;
  verifiedAt: Date | null;
  droppedAt: Date | null;
}

const COLUMNS = `to_char(month, 'YYYY-MM') AS month, manifest, manifest_sha256 AS "manifestSha256",
  verified_at AS "verifiedAt", dropped_at AS "droppedAt"`;

/** The table of archived months, and the manifests that it names. */
@Injectable()
export class ArchiveRecords {
  constructor(
    private readonly db: Database,
    private readonly store: ArchiveStore,
    private readonly clock: Clock,
  ) {}

  /** Returns all records, the oldest month first. */
  async all(): Promise<ArchiveRecord[]> {
    const { rows } = await this.db.systemQuery<ArchiveRecord>(
      `SELECT ${COLUMNS} FROM audit_archives a ORDER BY a.month`,
    );
    return rows;
  }

  /** Returns the record of a month; undefined if it is not archived. */
  async find(month: string): Promise<ArchiveRecord | undefined> {
    const { rows } = await this.db.systemQuery<ArchiveRecord>(
      `SELECT ${COLUMNS} FROM audit_archives a WHERE a.month = $1::date`,
      [firstDay(month)],
    );
    return rows[0];
  }

  /** Returns the name of a folder that has never been used. */
  newFolder(month: string): string {
    return runFolder(month, this.clock.now(), randomBytes(4).toString('hex'));
  }

  /** Writes a manifest into a folder. Returns its name and hash. */
  async writeManifest(folder: string, manifest: ArchiveManifest): Promise<ManifestReference> {
    const bytes = Buffer.from(`${JSON.stringify(ArchiveManifest.parse(manifest), null, 2)}\n`);
    const name = `${folder}/manifest.json`;
    await this.store.write(name, inOne(bytes));
    return { manifest: name, manifestSha256: createHash('sha256').update(bytes).digest('hex') };
  }

  /** Records the archive of a month, replacing an earlier one. Does nothing once the month has been dropped from the
   *  database. */
  async record(month: string, { manifest, manifestSha256 }: ManifestReference): Promise<void> {
    await this.db.systemQuery(
      `INSERT INTO audit_archives AS a (month, manifest, manifest_sha256, created_at) VALUES ($1::date, $2, $3, $4)
       ON CONFLICT (month) DO UPDATE SET manifest = excluded.manifest, manifest_sha256 = excluded.manifest_sha256,
         created_at = excluded.created_at, rows = NULL, actor_salts = NULL, detail_salts = NULL, verified_at = NULL
       WHERE a.dropped_at IS NULL`,
      [firstDay(month), manifest, manifestSha256, this.clock.now()],
    );
  }

  /** Records that an archive was read back and verified, with the counts found. */
  async recordVerified({ month, manifest }: Pick<ArchiveRecord, 'month' | 'manifest'>, read: ArchivedChains) {
    await this.db.systemQuery(
      `UPDATE audit_archives SET verified_at = $3, rows = $4, actor_salts = $5, detail_salts = $6
       WHERE month = $1::date AND manifest = $2`,
      [firstDay(month), manifest, this.clock.now(), read.rows, read.actorSalts, read.detailSalts],
    );
  }

  /** Replaces the recorded manifest by a verified one that was made from it. Returns false if another one is recorded
   *  by now. */
  async replace(tx: Tx, { month, manifest }: ArchiveRecord, reference: ManifestReference, rows: number) {
    const { count } = await tx.auditArchive.updateMany({
      where: { month: new Date(firstDay(month)), manifest },
      data: { ...reference, rows, verifiedAt: this.clock.now() },
    });
    return count === 1;
  }
}

/** Returns the first day of a month, such as `2026-01-01`, as the table stores it. */
export function firstDay(month: string): string {
  return `${month}-01`;
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
