import { Module } from '@nestjs/common';
import { AuditArchiveModule } from '#modules/audit-archive/audit-archive.module';
import { AuditModule } from '#modules/audit/audit.module';
import { UsageJobsModule } from '#modules/analytics/usage-jobs.module';
import { NoticesModule } from '#modules/notices/notices.module';
import { LicensesModule } from '#modules/licenses/licenses.module';
import { TenantJobsModule } from '#modules/tenants/tenant-jobs.module';
import { WebhookJobsModule } from '#modules/webhooks/webhook-jobs.module';
import { AuditPartitions } from '#modules/audit/audit-partitions';
import { DeadLettersModule } from '#platform/queues/dead-letters.module';
import { JobSchedules } from './job-schedules.js';
import { jobQueue } from '#platform/queues/queues';
import { Retention } from './retention.js';
import { AuditArchiveJobs, AuditJobs, EventJobs, MaintenanceJobs, UsageJobs } from './scheduled.jobs.js';

/** All scheduled work. Loaded by the worker only. */
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
export class SchedulesModule {}
