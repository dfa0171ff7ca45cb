import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsageJobsModule } from '../analytics/usage-jobs.module.js';
import { LicensesModule } from '../licenses/licenses.module.js';
import { TenantJobsModule } from '../tenants/tenant-jobs.module.js';
import { AuditPartitions } from './audit-partitions.js';
import { DeadLettersModule } from './dead-letters.module.js';
import { JobSchedules } from './job-schedules.js';
import { jobQueue } from './queues.js';
import { AuditJobs, MaintenanceJobs, UsageJobs } from './scheduled.jobs.js';

/** Of the worker only: what happens by itself. */
@Module({
  imports: [
    jobQueue('audit'),
    jobQueue('maintenance'),
    jobQueue('usage'),
    AuditModule,
    DeadLettersModule,
    LicensesModule,
    TenantJobsModule,
    UsageJobsModule,
  ],
  providers: [AuditJobs, AuditPartitions, JobSchedules, MaintenanceJobs, UsageJobs],
})
export class JobsModule {}
