import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { AUDIT_ARCHIVE, AuditArchiveJobs } from './audit-archive.jobs.js';
import { AuditArchiveModule } from './audit-archive.module.js';

/** Of the worker only. */
@Module({
  imports: [BullModule.registerQueue({ name: AUDIT_ARCHIVE }), AuditArchiveModule],
  providers: [AuditArchiveJobs],
})
export class AuditArchiveJobsModule {}
