import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { AuditService } from '#modules/audit/audit.service';
import { MailService } from '#modules/mail/mail.service';
import { Config } from '#config/config';
import { Clock } from '#platform/clock';
import { withTenant } from '#platform/request-context';
import { tenantArchive } from './data-export.archive.js';
import { DataExportFiles, type WrittenFile } from './data-export-files.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long an export can be downloaded. */
export const EXPORT_DAYS = 7;

/** Makes an export of all data of a tenant, in the background. */
@Injectable()
export class DataExportJob {
  private readonly logger = new Logger('data-export');

  constructor(
    private readonly db: Database,
    private readonly files: DataExportFiles,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes the archive from one snapshot of the database, and e-mails the user who requested it. Safe to repeat: a
   * ready export stays, and one that a killed process began starts again. The advisory lock lasts as long as the
   * snapshot, so that two workers do not make the same archive.
   * @throws Error if it fails, or while another worker makes it: call it again later
   */
  async run(tenantId: string, exportId: string): Promise<void> {
    await withTenant(tenantId, { type: 'system' }, () =>
      this.db.tenantSnapshot(async (read) => {
        const [lock] = await read(
          `SELECT pg_try_advisory_xact_lock(hashtextextended('data_export:' || $1, 0)) AS mine`,
          [exportId],
        );
        if (lock?.['mine'] !== true) throw new Error('another worker is making this export');
        if (!(await this.begin(tenantId, exportId))) return;
        try {
          const file = await this.files.write(tenantId, exportId, tenantArchive(read, tenantId, this.clock.now()));
          await this.complete(tenantId, exportId, file);
        } catch (error) {
          await this.fail(tenantId, exportId);
          throw error;
        }
      }),
    );
  }

  /** Marks the export as running. Returns false if there is nothing to do. */
  private async begin(tenantId: string, id: string): Promise<boolean> {
    const { count } = await this.db.tenant.dataExport.updateMany({
      where: { tenantId, id, status: { in: ['pending', 'running', 'failed'] } },
      data: { status: 'running', error: null },
    });
    return count === 1;
  }

  private async complete(tenantId: string, id: string, file: WrittenFile): Promise<void> {
    const completedAt = this.clock.now();
    const expiresAt = new Date(completedAt.getTime() + EXPORT_DAYS * DAY_MS);
    const { fileName, sizeBytes, sha256 } = file;
    await this.db
      .tenantTx(async (tx) => {
        const row = await tx.dataExport.update({
          where: { tenantId_id: { tenantId, id }, status: 'running' },
          data: { status: 'ready', fileName, sizeBytes, sha256: Uint8Array.from(sha256), completedAt, expiresAt },
          include: { requester: true, tenant: true },
        });
        await this.audit.write(tx, {
          tenantId,
          action: 'data_export.completed',
          resourceType: 'data_export',
          resourceId: id,
          after: { status: 'ready', size_bytes: sizeBytes, sha256: sha256.toString('hex') },
        });
        if (row.requester.status === 'active')
          await this.mail.send(tx, tenantId, {
            to: row.requester.email,
            template: 'data_export_ready',
            data: {
              tenant: row.tenant.name,
              url: `${this.config.dashboardUrl}/settings/exports/${id}`,
              expires_at: expiresAt.toISOString(),
            },
          });
      })
      .catch(async (error: unknown) => {
        await this.files.remove(tenantId, fileName);
        throw error;
      });
    this.logger.log({ msg: 'data export ready', tenant_id: tenantId, export_id: id, size_bytes: sizeBytes });
  }

  /** Marks the export as failed. It may still become ready: the outbox tries again for two days. */
  private async fail(tenantId: string, id: string): Promise<void> {
    await this.db
      .tenantTx(async (tx) => {
        const { count } = await tx.dataExport.updateMany({
          where: { tenantId, id, status: 'running' },
          data: { status: 'failed', error: 'The export could not be made.' },
        });
        if (count === 0) return;
        await this.audit.write(tx, {
          tenantId,
          action: 'data_export.failed',
          resourceType: 'data_export',
          resourceId: id,
          before: { status: 'running' },
          after: { status: 'failed' },
        });
      })
      .catch((error: unknown) =>
        this.logger.warn({ msg: 'failed export not recorded', tenant_id: tenantId, err: String(error) }),
      );
  }
}
