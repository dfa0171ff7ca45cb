import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config/config.js';
import { AuditJobsModule } from './modules/audit/audit-jobs.module.js';
import { AuditArchiveJobsModule } from './modules/audit-archive/audit-archive-jobs.module.js';
import { LicensesModule } from './modules/licenses/licenses.module.js';
import { MAINTENANCE, MaintenanceJobs } from './modules/licenses/maintenance.jobs.js';
import { MailDeliveryModule } from './modules/mail/mail-delivery.module.js';
import { TenantJobsModule } from './modules/tenants/tenant-jobs.module.js';
import { PlatformModule } from './platform/platform.module.js';

/** The background process: the same services as the API, without HTTP. */
@Module({})
export class WorkerModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.forRoot(config),
        // Options, not a connection: one handed in would stay open after the shutdown.
        BullModule.forRoot({ connection: { url: config.redisUrl, maxRetriesPerRequest: null }, prefix: '{coditect}' }),
        BullModule.registerQueue({ name: MAINTENANCE }),
        LicensesModule,
        AuditArchiveJobsModule,
        AuditJobsModule,
        MailDeliveryModule,
        TenantJobsModule,
      ],
      providers: [MaintenanceJobs],
    };
  }
}
