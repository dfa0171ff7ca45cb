import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { LicensesModule } from '../licenses/licenses.module.js';
import { TenantJobsModule } from '../tenants/tenant-jobs.module.js';
import { AuditPartitions } from './audit-partitions.js';
import { DeadLettersModule } from './dead-letters.module.js';
import { JobSchedules } from './job-schedules.js';
import { jobQueue } from './queues.js';
import { AuditJobs, MaintenanceJobs } from './scheduled.jobs.js';

/** Of the worker only: what happens by itself. */
@Module({
  imports: [
    jobQueue('audit'),
    jobQueue('maintenance'),
    AuditModule,
    DeadLettersModule,
    LicensesModule,
    TenantJobsModule,
  ],
  providers: [AuditJobs, AuditPartitions, JobSchedules, MaintenanceJobs],
})
export class JobsModule {}
