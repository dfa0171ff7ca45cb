import { Module } from '@nestjs/common';
import { AuditArchiveModule } from '../audit-archive/audit-archive.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { UsageJobsModule } from '../analytics/usage-jobs.module.js';
import { NoticesModule } from '../notices/notices.module.js';
import { LicensesModule } from '../licenses/licenses.module.js';
import { TenantJobsModule } from '../tenants/tenant-jobs.module.js';
import { WebhookJobsModule } from '../webhooks/webhook-jobs.module.js';
import { AuditPartitions } from './audit-partitions.js';
import { DeadLettersModule } from './dead-letters.module.js';
import { JobSchedules } from './job-schedules.js';
import { jobQueue } from './queues.js';
import { Retention } from './retention.js';
import { AuditArchiveJobs, AuditJobs, EventJobs, MaintenanceJobs, UsageJobs } from './scheduled.jobs.js';

/** Of the worker only: what happens by itself. */
@Module({
  imports: [
    jobQueue('audit'),
    jobQueue('audit-archive'),
    jobQueue('events'),
    jobQueue('maintenance'),
    jobQueue('usage'),
    AuditArchiveModule,
    AuditModule,
    DeadLettersModule,
    LicensesModule,
    NoticesModule,
    TenantJobsModule,
    UsageJobsModule,
    WebhookJobsModule,
  ],
  providers: [
    AuditArchiveJobs,
    AuditJobs,
    AuditPartitions,
    EventJobs,
    JobSchedules,
    MaintenanceJobs,
    Retention,
    UsageJobs,
  ],
})
export class JobsModule {}
