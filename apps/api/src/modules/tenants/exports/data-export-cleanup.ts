import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { Clock } from '#platform/clock';
import { DataExportFiles } from './data-export-files.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** An unfinished export older than this is abandoned: the outbox gives up two days after the request. */
const ABANDONED_MS = 3 * DAY_MS;

/** Removes expired exports, and files that killed processes left behind. Safe to run concurrently and repeatedly. */
@Injectable()
export class DataExportCleanup {
  private readonly logger = new Logger('data-export');

  constructor(
    private readonly db: Database,
    private readonly files: DataExportFiles,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Returns how many exports have expired, and how many stray files were removed. */
  async run(): Promise<{ expired: number; strays: number }> {
    const expired = await this.expire();
    await this.giveUp();
    const strays = await this.removeStrays();
    if (expired + strays > 0) this.logger.log({ msg: 'data exports cleaned up', expired, strays });
    return { expired, strays };
  }

  /** Marks the row as expired before the file is removed, so that no download starts of a file that is gone. If the
   *  process dies in between, the file is removed later as a stray. */
  private async expire(): Promise<number> {
    const over = await this.db.system.dataExport.findMany({
      where: { status: 'ready', expiresAt: { lte: this.clock.now() } },
      select: { tenantId: true, id: true, fileName: true },
    });
    let expired = 0;
    for (const { tenantId, id, fileName } of over) {
      const mine = await this.db.systemTx(async (tx) => {
        const { count } = await tx.dataExport.updateMany({
          where: { tenantId, id, status: 'ready' },
          data: { status: 'expired', fileName: null },
        });
        if (count === 0) return false;
        await this.audit.write(tx, {
          tenantId,
          action: 'data_export.expired',
          resourceType: 'data_export',
          resourceId: id,
          before: { status: 'ready' },
          after: { status: 'expired' },
        });
        return true;
      });
      if (!mine) continue;
      if (fileName) await this.files.remove(tenantId, fileName);
      expired += 1;
    }
    return expired;
  }

  /** Marks abandoned exports as failed, so that a new one can be requested. */
  private async giveUp(): Promise<void> {
    const abandoned = await this.db.system.dataExport.findMany({
      where: {
        status: { in: ['pending', 'running'] },
        createdAt: { lt: new Date(this.clock.now().getTime() - ABANDONED_MS) },
      },
      select: { tenantId: true, id: true, status: true },
    });
    for (const { tenantId, id, status } of abandoned)
      await this.db.systemTx(async (tx) => {
        const { count } = await tx.dataExport.updateMany({
          where: { tenantId, id, status },
          data: { status: 'failed', error: 'The export could not be made.' },
        });
        if (count === 0) return; // its status has changed meanwhile
        await this.audit.write(tx, {
          tenantId,
          action: 'data_export.failed',
          resourceType: 'data_export',
          resourceId: id,
          before: { status },
          after: { status: 'failed' },
        });
      });
  }

  /** Removes files that no ready export refers to and that are a day old. */
  private async removeStrays(): Promise<number> {
    const unusedSince = new Date(Date.now() - DAY_MS); // not the app's Clock: file times come from the machine
    let strays = 0;
    for (const tenantId of await this.files.tenants()) {
      const rows = await this.db.system.dataExport.findMany({
        where: { tenantId, status: 'ready' },
        select: { fileName: true },
      });
      const keep = new Set(rows.flatMap(({ fileName }) => fileName ?? []));
      strays += await this.files.removeOthers(tenantId, keep, unusedSince);
    }
    return strays;
  }
}
