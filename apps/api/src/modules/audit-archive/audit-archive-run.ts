import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Clock } from '#platform/clock';
import { monthOf, runStart } from './format/archive-manifest.js';
import { ArchiveRecords } from './archive-records.js';
import { ArchiveStore } from './stores/archive-store.js';
import { ArchiveVerification } from './format/archive-verification.js';
import { ArchivedErasures } from './erasure/archived-erasures.js';
import { AuditArchiver } from './audit-archiver.js';
import { MonthErrors } from './month-errors.js';

/** What is left of a broken-off run is kept for so long that no run can still be writing it. */
const STRAY_MS = 24 * 60 * 60 * 1000;

export interface ArchiveRunResult {
  /** Months that left the database. */
  archived: string[];
  /** Archived entries in which somebody was erased, and those of deleted organizations that are gone. */
  erased: number;
  deleted: number;
  /** Objects of broken-off runs that were deleted. */
  strays: number;
}

/** All that is done to the archive, daily. One run at a time. */
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

  /** Answers undefined at once while another process runs it.
   *  @throws Error that names everything that could not be done, after all else was done */
  async run(): Promise<ArchiveRunResult | undefined> {
    return this.db.systemExclusive('audit_archive', async (assertHeld) => {
      const failed: string[] = [];
      const attempt = async (what: string, work: () => Promise<void>) => {
        try {
          await work();
        } catch (error) {
          failed.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
          this.logger.error({ msg: 'the audit archive is not as it should be', what, err: String(error) });
        }
      };
      const result: ArchiveRunResult = { archived: [], erased: 0, deleted: 0, strays: 0 };
      for (const month of await this.archiver.due())
        await attempt(`${month} stays in the database`, async () => {
          await this.archiver.archive(month, assertHeld);
          result.archived.push(month);
        });
      await attempt('not everybody was erased', async () => void Object.assign(result, await this.erasures.run()));
      await attempt('strays', async () => void (result.strays = await this.removeStrays()));
      if (failed.length > 0) throw new Error(failed.join('; '));
      return result;
    });
  }

  /** Of a month whose manifest cannot be read nothing is a stray.
   *  @throws AggregateError that names those months, after all else was removed */
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
