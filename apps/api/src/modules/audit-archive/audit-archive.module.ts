import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { AuditModule } from '../audit/audit.module.js';
import { ArchiveObjects } from './archive-objects.js';
import { ArchiveRecords } from './archive-records.js';
import { ArchiveStore } from './archive-store.js';
import { ArchiveVerification } from './archive-verification.js';
import { ArchivedErasures } from './archived-erasures.js';
import { ArchivedMonths } from './archived-months.js';
import { AUDIT_ARCHIVE, AuditArchiveJobs } from './audit-archive.jobs.js';
import { AuditArchiveRun } from './audit-archive-run.js';
import { AuditArchiver } from './audit-archiver.js';
import { openArchiveStore } from './open-archive-store.js';

/** Of the worker, and of what operators do with archived months. */
@Module({
  imports: [AuditModule],
  providers: [
    { provide: ArchiveStore, inject: [Config], useFactory: openArchiveStore },
    ArchiveObjects,
    ArchiveRecords,
    ArchiveVerification,
    ArchivedErasures,
    ArchivedMonths,
    AuditArchiver,
    AuditArchiveRun,
  ],
  exports: [ArchivedMonths, AuditArchiveRun],
})
export class AuditArchiveModule {}

/** Of the worker only. */
@Module({
  imports: [BullModule.registerQueue({ name: AUDIT_ARCHIVE }), AuditArchiveModule],
  providers: [AuditArchiveJobs],
})
export class AuditArchiveJobsModule {}
