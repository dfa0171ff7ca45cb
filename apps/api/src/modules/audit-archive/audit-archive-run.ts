import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { monthOf, runStart } from './months/archive-manifest.js';
import { ArchiveRecords } from './months/archive-records.js';
import { ArchiveStore } from './stores/archive-store.js';
import { ArchiveVerification } from './months/archive-verification.js';
import { ArchivedErasures } from './erasure/archived-erasures.js';
import { AuditArchiver } from './audit-archiver.js';
import { MonthErrors } from './months/month-errors.js';

/** Objects of an interrupted run are kept this long, so that none is deleted while a run is still writing it. */
const STRAY_MS = 24 * 60 * 60 * 1000;

/** What a run has done. */
export interface ArchiveRunResult {
  /** Months that left the database. */
  archived: string[];
  /** Archived entries in which a person was erased. */
  erased: number;
  /** Archived entries deleted because their organization was deleted. */
  deleted: number;
  /** Deleted objects of interrupted runs. */
  strays: number;
}

/** The daily work on the archive: archive due months, erase people and organizations, delete strays. One run at a
 *  time. */
@Injectable()
export class AuditArchiveRun {
  private readonly logger = new Logger('audit-archive');

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly store: ArchiveStore,
    private readonly records: ArchiveRecords,
    private readonly archiver: AuditArchiver,
    private readonly erasures: ArchivedErasures,
    private readonly verification: ArchiveVerification,
  ) {}

  /** Returns undefined at once if another process is running it.
   *  @throws Error naming every part that failed, after all other parts were done */
  async run(): Promise<ArchiveRunResult | undefined> {
    return this.db.systemExclusive('audit_archive', async (assertHeld) => {
      const failed: string[] = [];
      const attempt = async (what: string, work: () => Promise<void>) => {
        try {
          await work();
        } catch (error) {
          failed.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
          this.logger.error({ msg: 'part of the archive run failed', what, err: String(error) });
        }
      };
      const result: ArchiveRunResult = { archived: [], erased: 0, deleted: 0, strays: 0 };
      for (const month of await this.archiver.due())
        await attempt(`${month} stays in the database`, async () => {
          await this.archiver.archive(month, assertHeld);
          result.archived.push(month);
        });
      await attempt('some people were not erased', async () => void Object.assign(result, await this.erasures.run()));
      await attempt('strays', async () => void (result.strays = await this.removeStrays()));
      if (failed.length > 0) throw new Error(failed.join('; '));
      return result;
    });
  }

  /** Deletes objects that no manifest names. In a month whose manifest cannot be read, deletes nothing.
   *  @throws AggregateError naming those months, after all other strays were deleted */
  private async removeStrays(): Promise<number> {
    const kept = new Set<string>();
    const unread = new Set<string>();
    const errors = new MonthErrors();
    for (const record of await this.records.all()) {
      kept.add(record.manifest);
      try {
        for (const { name } of (await this.verification.manifest(record)).objects) kept.add(name);
      } catch (error) {
        unread.add(record.month);
        errors.add(record.month, error);
      }
    }
    const before = this.clock.now().getTime() - STRAY_MS;
    const strays = (await this.store.list()).filter((name) => {
      const start = runStart(name);
      if (start === undefined || unread.has(monthOf(name))) return false;
      return start.getTime() < before && !kept.has(name);
    });
    for (const name of strays) await this.store.delete(name);
    errors.throwAny();
    return strays.length;
  }
}
