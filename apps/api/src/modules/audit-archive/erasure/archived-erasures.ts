import { isDeepStrictEqual } from 'node:util';
import { Injectable, Logger } from '@nestjs/common';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import { Database, type Tx } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { AuditService } from '#modules/audit/audit.service';
import { ERASED, type Person } from '#modules/audit/erasure/personal-data';
import { formerAddressesOf } from '#modules/accounts/former-addresses';
import type { ArchiveManifest, ArchiveObject } from '../months/archive-manifest.js';
import { ArchiveObjects } from '../months/archive-objects.js';
import { type ArchiveRecord, ArchiveRecords, firstDay } from '../months/archive-records.js';
import { ArchiveStore } from '../stores/archive-store.js';
import { ArchiveVerification } from '../months/archive-verification.js';
import { ArchivedChains, ArchiveDamagedError } from '../months/archived-chains.js';
import { erasedEntry } from './erased-entry.js';
import { MonthErrors } from '../months/month-errors.js';

/** What has to be removed from an archived month. */
interface Removal {
  people: readonly Person[];
  /** Ids of deleted organizations. */
  tenants: ReadonlySet<string>;
}

/** A person, and when it was erased from the entries in the database. */
interface Erased extends Person {
  completedAt: Date;
}

/**
 * Erases people and deleted organizations from the archived months. Objects that contain them are written anew without
 * them, read back and compared. Then they replace the old ones, in the transaction that writes the audit entries about
 * it. The next run repeats what was interrupted.
 */
@Injectable()
export class ArchivedErasures {
  private readonly logger = new Logger('audit-archive');

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly audit: AuditService,
    private readonly store: ArchiveStore,
    private readonly records: ArchiveRecords,
    private readonly objects: ArchiveObjects,
    private readonly verification: ArchiveVerification,
  ) {}

  /** Returns the people who are erased from the database but not yet from every archived month. */
  async pending(): Promise<Erased[]> {
    const found = await this.db.system.auditErasure.findMany({
      where: { completedAt: { not: null }, archivesErasedAt: null },
      orderBy: { completedAt: 'asc' },
    });
    const people: Erased[] = [];
    for (const { tenantId, userId, completedAt } of found) {
      const addresses = await formerAddressesOf(this.db.system, { tenantId, userId });
      people.push({ tenantId, userId, addresses, completedAt: completedAt! });
    }
    return people;
  }

  /** Erases all pending people and deleted organizations.
   *  @returns `erased`: archived entries in which a person was erased; `deleted`: entries of deleted organizations
   *  @throws AggregateError with one error per failed month, after all other months are done */
  async run(): Promise<{ erased: number; deleted: number }> {
    const people = await this.pending();
    const total = { erased: 0, deleted: 0 };
    const errors = new MonthErrors();
    const undone = new Set<string>(); // organizations in months that failed
    for (const record of await this.records.all()) {
      // An erasure before the drop needs nothing here: the drop fails then, and the month is archived again.
      if (!record.droppedAt) continue;
      try {
        const { erased, deleted } = await this.eraseFrom(record, people);
        total.erased += erased;
        total.deleted += deleted;
      } catch (error) {
        errors.add(record.month, error);
        for (const tenantId of await this.archivedIn(record)) undone.add(tenantId);
      }
    }
    for (const person of people) if (!undone.has(person.tenantId)) await this.finish(person);
    errors.throwAny();
    return total;
  }

  private async eraseFrom(record: ArchiveRecord, people: readonly Person[]) {
    const manifest = await this.verification.manifest(record);
    const held = new Set(manifest.tenants.map(({ tenant_id }) => tenant_id));
    const tenants = await this.deletedOf(held);
    const concerned = people.filter(({ tenantId }) => held.has(tenantId));
    if (tenants.size === 0 && concerned.length === 0) return { erased: 0, deleted: 0 };
    return this.rewrite(record, manifest, { people: concerned, tenants });
  }

  /** The organizations in a month according to the database, because the manifest may be what is damaged. */
  private async archivedIn({ month }: ArchiveRecord): Promise<string[]> {
    const where = { month: new Date(firstDay(month)) };
    const cuts = await this.db.system.auditChainCut.findMany({
      where,
      distinct: 'tenantId',
      select: { tenantId: true },
    });
    return cuts.map(({ tenantId }) => tenantId);
  }

  private async deletedOf(tenantIds: ReadonlySet<string>): Promise<Set<string>> {
    const { rows } = await this.db.systemQuery<{ id: string }>(
      'SELECT id FROM unnest($1::uuid[]) AS held(id) WHERE NOT EXISTS (SELECT FROM tenants t WHERE t.id = held.id)',
      [[...tenantIds]],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Replaces the objects of a month that contain something to remove, and its manifest. */
  private async rewrite(
    record: ArchiveRecord,
    manifest: ArchiveManifest,
    removal: Removal,
  ): Promise<{ erased: number; deleted: number }> {
    const counts = new Map<Person, number>();
    const folder = this.records.newFolder(record.month);
    const objects: ArchiveObject[] = [];
    const replaced: ArchiveObject[] = [];
    let written = 0;
    for (const object of manifest.objects) {
      if (!concerns(object, removal)) {
        objects.push(object);
        continue;
      }
      const anew = await this.rewriteObject(folder, written + 1, object, removal, counts);
      if (!anew) objects.push(object);
      else {
        objects.push(...anew);
        written += anew.length;
        replaced.push(object);
      }
    }
    if (replaced.length === 0) return { erased: 0, deleted: 0 };
    const tenants = manifest.tenants.filter(({ tenant_id }) => !removal.tenants.has(tenant_id));
    const rows = tenants.reduce((sum, tenant) => sum + tenant.rows, 0);
    const created_at = this.clock.now().toISOString();
    const reference = await this.records.writeManifest(folder, { ...manifest, created_at, rows, objects, tenants });
    await this.db.systemTx(async (tx) => {
      if (!(await this.records.replace(tx, record, reference, rows)))
        throw new Error('the archive was replaced by another process');
      await this.recordEntries(tx, record, counts);
    });
    for (const { name } of replaced) await this.store.delete(name);
    await this.store.delete(record.manifest);
    this.logger.log({ msg: 'archived audit entries erased', month: record.month, objects: replaced.length });
    return { erased: [...counts.values()].reduce((sum, count) => sum + count, 0), deleted: manifest.rows - rows };
  }

  private async recordEntries(tx: Tx, { month }: ArchiveRecord, counts: ReadonlyMap<Person, number>): Promise<void> {
    for (const [{ tenantId, userId }, entries] of counts)
      await this.audit.write(tx, {
        tenantId,
        action: ERASED,
        resourceType: 'user',
        resourceId: userId,
        after: { month, archived_entries: entries },
      });
  }

  /** Returns the objects that replace this one: none if all its entries are deleted, undefined if nothing has to
   *  change. */
  private async rewriteObject(
    folder: string,
    number: number,
    object: ArchiveObject,
    removal: Removal,
    counts: Map<Person, number>,
  ): Promise<ArchiveObject[] | undefined> {
    if (!(await this.finds(object, removal, counts))) return undefined;
    const now = this.clock.now();
    const [kept, read] = [new ArchivedChains(), new ArchivedChains()];
    const { objects } = this;
    async function* without(): AsyncGenerator<SealedEntry> {
      for await (const entry of objects.read(object)) {
        if (removal.tenants.has(entry.tenant_id)) continue;
        const left = erasedEntry(entry, removal.people, now);
        kept.add(left);
        yield left;
      }
    }
    const anew = await objects.write(folder, without(), number);
    for (const written of anew) for await (const entry of objects.read(written)) read.add(entry);
    if (!isDeepStrictEqual(read, kept))
      throw new ArchiveDamagedError(`object ${object.name}: its replacement read back differs from what was written`);
    return anew;
  }

  /** Whether the object contains something to remove. Also counts the entries of each person. */
  private async finds(object: ArchiveObject, { people, tenants }: Removal, counts: Map<Person, number>) {
    const now = this.clock.now();
    let found = false;
    for await (const entry of this.objects.read(object)) {
      const concerned = people.filter((person) => erasedEntry(entry, [person], now) !== entry);
      for (const person of concerned) counts.set(person, (counts.get(person) ?? 0) + 1);
      found ||= concerned.length > 0 || tenants.has(entry.tenant_id);
    }
    return found;
  }

  /** Marks a person as erased from the archive, and deletes its former addresses. Does neither if the person was erased
   *  again meanwhile: `completedAt` has changed then, and there may be more addresses. */
  private async finish({ tenantId, userId, completedAt }: Erased): Promise<void> {
    await this.db.systemTx(async (tx) => {
      const { count } = await tx.auditErasure.updateMany({
        where: { tenantId, userId, completedAt, archivesErasedAt: null },
        data: { archivesErasedAt: this.clock.now() },
      });
      if (count > 0) await tx.formerAddress.deleteMany({ where: { tenantId, userId } });
    });
  }
}

/** Whether the object may contain one of the tenants, judged by its first and last tenant. */
function concerns({ first_tenant, last_tenant }: ArchiveObject, { people, tenants }: Removal): boolean {
  const within = (id: string) => first_tenant <= id && id <= last_tenant;
  return people.some(({ tenantId }) => within(tenantId)) || [...tenants].some(within);
}
