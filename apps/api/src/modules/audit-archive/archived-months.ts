import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import type { ArchiveManifest, TenantChain } from './months/archive-manifest.js';
import { type ArchiveRecord, ArchiveRecords, firstDay } from './months/archive-records.js';
import { ArchiveVerification } from './months/archive-verification.js';
import { ArchivedChains, ArchiveDamagedError } from './months/archived-chains.js';
import { ArchivedErasures } from './erasure/archived-erasures.js';
import { erasedEntry } from './erasure/erased-entry.js';

const BUFFER_BYTES = 64 * 1024;

/** The operators' commands on archived months: verify one, and restore its entries in the format of the NDJSON
 *  export. */
export class ArchivedMonths {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly records: ArchiveRecords,
    private readonly verification: ArchiveVerification,
    private readonly erasures: ArchivedErasures,
  ) {}

  /** Reads a whole month. Verifies that the objects are what the manifest states, that every chain holds, and that the
   *  chains end where the database says that they were cut.
   *  @throws ArchiveDamagedError; Error if the month is not archived */
  async verify(month: string): Promise<ArchiveManifest> {
    const { record, manifest } = await this.open(month);
    await this.verification.verify(manifest);
    if (record.droppedAt && !isDeepStrictEqual(await this.cuts(month), await this.ofExisting(manifest.tenants)))
      throw new ArchiveDamagedError(`month ${month}: the database says that the chains go on elsewhere`);
    return manifest;
  }

  /**
   * Writes the entries of one or all organizations into a file, by tenant and sequence. People whose erasure from the
   * archive is pending are erased in the file. The file exists only if all that was read proved undamaged.
   * @param slug of one organization; undefined for all
   * @returns the chains in the file
   * @throws ArchiveDamagedError; Error if the month is not archived or the organization has no entry in it
   */
  async restore(month: string, out: string, slug?: string): Promise<TenantChain[]> {
    const { manifest } = await this.open(month);
    const tenantId = slug === undefined ? undefined : await this.tenantOf(slug);
    const expected = manifest.tenants.filter(({ tenant_id }) => tenantId === undefined || tenant_id === tenantId);
    if (expected.length === 0) throw new Error(`no entry of ${slug ?? 'any organization'} is archived in ${month}`);
    const chains = new ArchivedChains();
    const people = await this.erasures.pending();
    const now = this.clock.now();
    const entries = this.verification.entries(manifest, tenantId);
    async function* lines(): AsyncGenerator<string> {
      let text = '';
      for await (const archived of entries) {
        if (tenantId !== undefined && archived.tenant_id !== tenantId) continue;
        const entry: SealedEntry = erasedEntry(archived, people, now);
        chains.add(entry);
        text += `${JSON.stringify(entry)}\n`;
        if (text.length < BUFFER_BYTES) continue;
        yield text;
        text = '';
      }
      if (text !== '') yield text;
    }
    const part = `${out}.${randomUUID()}.part`;
    try {
      await pipeline(
        Readable.from(lines(), { objectMode: false }),
        createWriteStream(part, { flags: 'wx', mode: 0o600 }),
      );
      if (!isDeepStrictEqual(chains.tenants, expected))
        throw new ArchiveDamagedError(`month ${month}: its objects hold other chains than its manifest`);
      await rename(part, out);
    } finally {
      await rm(part, { force: true });
    }
    return expected;
  }

  private async open(month: string): Promise<{ record: ArchiveRecord; manifest: ArchiveManifest }> {
    const record = await this.records.find(month);
    if (!record) throw new Error(`the audit entries of ${month} are not archived`);
    return { record, manifest: await this.verification.manifest(record) };
  }

  private async tenantOf(slug: string): Promise<string> {
    const tenant = await this.db.system.tenant.findUnique({ where: { slug }, select: { id: true } });
    if (!tenant) throw new Error(`there is no organization ${slug}`);
    return tenant.id;
  }

  /** Leaves out deleted organizations: they stay in the archive until its next run, but have no cuts any more. */
  private async ofExisting(tenants: readonly TenantChain[]): Promise<Pick<TenantChain, 'tenant_id' | 'ranges'>[]> {
    const { rows } = await this.db.systemQuery<{ id: string }>('SELECT id FROM tenants WHERE id = ANY($1::uuid[])', [
      tenants.map(({ tenant_id }) => tenant_id),
    ]);
    const existing = new Set(rows.map(({ id }) => id));
    return tenants
      .filter(({ tenant_id }) => existing.has(tenant_id))
      .map(({ tenant_id, ranges }) => ({ tenant_id, ranges }));
  }

  /** The ranges of the month that the database has recorded as archived, by tenant. */
  private async cuts(month: string): Promise<Pick<TenantChain, 'tenant_id' | 'ranges'>[]> {
    const cuts = await this.db.system.auditChainCut.findMany({
      where: { month: new Date(firstDay(month)) },
      orderBy: [{ tenantId: 'asc' }, { firstSequence: 'asc' }],
    });
    const text = (hash: Uint8Array) => Buffer.from(hash).toString('base64url');
    const chains: Pick<TenantChain, 'tenant_id' | 'ranges'>[] = [];
    for (const cut of cuts) {
      if (chains.at(-1)?.tenant_id !== cut.tenantId) chains.push({ tenant_id: cut.tenantId, ranges: [] });
      chains.at(-1)!.ranges.push({
        first_sequence: Number(cut.firstSequence),
        previous_hash: text(cut.previousHash),
        last_sequence: Number(cut.lastSequence),
        last_hash: text(cut.lastHash),
      });
    }
    return chains;
  }
}
