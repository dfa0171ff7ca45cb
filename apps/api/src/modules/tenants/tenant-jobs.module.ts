import { Module, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AuditModule } from '#modules/audit/audit.module';
import { LicensesModule } from '#modules/licenses/licenses.module';
import { MailModule } from '#modules/mail/mail.module';
import { OutboxModule } from '#modules/outbox/outbox.module';
import { OutboxHandlers } from '#modules/outbox/outbox-handlers';
import { DataExportCleanup } from './exports/data-export-cleanup.js';
import { DataExportFiles } from './exports/data-export-files.js';
import { DataExportJob } from './exports/data-export-job.js';
import { TenantPurge } from './closing/tenant-purge.js';

const DataExportMessage = z.object({ export_id: z.uuid() });

/** Background work on tenants. Loaded by the worker only. */
@Module({
  imports: [AuditModule, LicensesModule, MailModule, OutboxModule],
  providers: [DataExportCleanup, DataExportFiles, DataExportJob, TenantPurge],
  exports: [DataExportCleanup, DataExportJob, TenantPurge],
})
export class TenantJobsModule implements OnModuleInit {
  constructor(
    private readonly handlers: OutboxHandlers,
    private readonly exports: DataExportJob,
  ) {}

  onModuleInit(): void {
    this.handlers.register('data_export', {
      queue: 'data-exports',
      handle: ({ tenantId, payload }) => this.exports.run(tenantId, DataExportMessage.parse(payload).export_id),
    });
  }
}
