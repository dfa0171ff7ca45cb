import { Module, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AuditModule } from '../audit/audit.module.js';
import { LicensesModule } from '../licenses/licenses.module.js';
import { MailModule } from '../mail/mail.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { OutboxHandlers } from '../outbox/outbox.js';
import { DataExportCleanup } from './data-export.cleanup.js';
import { DataExportFiles } from './data-export.files.js';
import { DataExportJob } from './data-export.job.js';
import { TenantPurge } from './tenant-purge.js';

const DataExportMessage = z.object({ export_id: z.uuid() });

/** Of the worker only: what is done to tenants in the background. */
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
