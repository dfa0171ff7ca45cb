import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { Database } from '@coditect/db/database';
import { ArchiveObjects } from '#modules/audit-archive/months/archive-objects';
import { ArchiveRecords } from '#modules/audit-archive/months/archive-records';
import { ArchiveStore } from '#modules/audit-archive/stores/archive-store';
import { ArchiveVerification } from '#modules/audit-archive/months/archive-verification';
import { ArchivedErasures } from '#modules/audit-archive/erasure/archived-erasures';
import { ArchivedMonths } from '#modules/audit-archive/archived-months';
import { AuditArchiveRun } from '#modules/audit-archive/audit-archive-run';
import { AuditArchiver } from '#modules/audit-archive/audit-archiver';
import { AuditSealer } from '#modules/audit/chain/audit-sealer';
import { AuditService } from '#modules/audit/audit.service';
import type { TestApp } from './app.js';

type Operation = 'write' | 'read' | 'list' | 'delete';

/** A store that shows each operation to a test before it happens. The test can make it fail, or damage what is read. */
export class WatchedStore extends ArchiveStore {
  readonly operations: string[] = [];
  before: (operation: Operation, name: string) => void | Promise<void> = () => {};
  /** Called with each chunk that is written. */
  content: (chunk: Uint8Array) => void = () => {};
  damage: (name: string, chunk: Uint8Array) => Uint8Array = (_, chunk) => chunk;

  constructor(private readonly store: ArchiveStore) {
    super();
  }

  override async write(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.watch('write', name);
    await this.store.write(name, this.watched(content));
  }

  override async *read(name: string): AsyncGenerator<Uint8Array> {
    await this.watch('read', name);
    for await (const chunk of this.store.read(name)) yield this.damage(name, chunk);
  }

  override async list(): Promise<string[]> {
    await this.watch('list', '');
    return this.store.list();
  }

  override async delete(name: string): Promise<void> {
    await this.watch('delete', name);
    await this.store.delete(name);
  }

  private async *watched(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.content(chunk);
      yield chunk;
    }
  }

  private async watch(operation: Operation, name: string): Promise<void> {
    this.operations.push(`${operation} ${name}`);
    await this.before(operation, name);
  }
}

/** The archiver of one worker, with its own store and database pool. */
export class TestArchiver {
  readonly store: WatchedStore;
  readonly objects: ArchiveObjects;
  readonly records: ArchiveRecords;
  readonly verification: ArchiveVerification;
  readonly archiver: AuditArchiver;
  readonly months: ArchivedMonths;
  private readonly db: Database;
  private readonly daily: AuditArchiveRun;

  constructor(
    private readonly api: TestApp,
    store: ArchiveStore,
  ) {
    const { clock, config } = api;
    this.store = new WatchedStore(store);
    this.db = new Database(config.database);
    this.objects = new ArchiveObjects(this.store);
    this.records = new ArchiveRecords(this.db, this.store, clock);
    this.verification = new ArchiveVerification(this.objects);
    const { db, records, objects, verification } = this;
    this.archiver = new AuditArchiver(config, clock, db, records, objects, verification);
    const audit = new AuditService(clock);
    const erasures = new ArchivedErasures(db, clock, audit, this.store, records, objects, verification);
    this.months = new ArchivedMonths(db, clock, records, verification, erasures);
    this.daily = new AuditArchiveRun(db, clock, this.store, records, this.archiver, erasures, verification);
  }

  run() {
    return this.api.asSystem(() => this.daily.run());
  }

  /** Returns the names of the stored files of a month. */
  async stored(month: string): Promise<string[]> {
    return (await this.store.list()).filter((name) => name.startsWith(month));
  }

  /** Returns all content of the archive as text, of one month or of all. */
  async content(month = ''): Promise<string> {
    let text = '';
    for (const name of await this.stored(month)) {
      const file = await buffer(this.store.read(name));
      text += (name.endsWith('.gz') ? gunzipSync(file) : file).toString();
    }
    return text;
  }

  /** Returns the restored lines of a month, of one tenant or of all. */
  async restored(month: string, slug?: string): Promise<string> {
    const file = path.join(this.api.stack.keysDir, `${month}-${slug}.ndjson`);
    await this.months.restore(month, file, slug);
    return readFile(file, 'utf8');
  }

  /** Ends all faults, damage and small limits. */
  calm(): void {
    this.store.before = () => {};
    this.store.damage = (_, chunk) => chunk;
    this.objects.objectBytes = 100_000_000;
  }

  close(): Promise<void> {
    return this.db.close();
  }
}

let monthsGiven = 0;

/** Creates the partition of a past month. Each call returns the following month. */
export async function newMonth(api: TestApp): Promise<string> {
  const month = new Date(Date.UTC(2015, monthsGiven++)).toISOString().slice(0, 7);
  await api.db.systemQuery('SELECT create_audit_partition($1::date)', [`${month}-01`]);
  return month;
}

/** Writes so many entries of a tenant in the middle of a month, and seals them. They are about `ada@acme.example`. */
export async function sealEntries(api: TestApp, tenantId: string, month: string, count: number): Promise<void> {
  await api.db.systemQuery(
    `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, actor_name, action, resource_type, resource_id, after, ip)
     SELECT $1, gen_random_uuid(), $2::date + interval '14 days' + n * interval '1 ms', 'user', 'ada@acme.example',
       'thing.changed', 'thing', n, '{"text": "é", "n": 1.50}', '203.0.113.7'
     FROM generate_series(1, $3::int) AS n`,
    [tenantId, `${month}-01`, count],
  );
  await api.asSystem(() => api.app.get(AuditSealer).seal(tenantId));
}

/** Whether the month has been dropped from the database. */
export async function isDropped(api: TestApp, month: string): Promise<boolean> {
  const { rows } = await api.db.systemQuery<{ partition: string | null }>('SELECT to_regclass($1) AS partition', [
    `audit_logs_${month.replace('-', '_')}`,
  ]);
  return rows[0]?.partition === null;
}
