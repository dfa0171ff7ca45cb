import { Module } from '@nestjs/common';
import { Config } from '#config/config';
import { AuditModule } from '#modules/audit/audit.module';
import { ArchiveObjects } from './months/archive-objects.js';
import { ArchiveRecords } from './months/archive-records.js';
import { ArchiveStore } from './stores/archive-store.js';
import { ArchiveVerification } from './months/archive-verification.js';
import { ArchivedErasures } from './erasure/archived-erasures.js';
import { AuditArchiveRun } from './audit-archive-run.js';
import { AuditArchiver } from './audit-archiver.js';
import { openArchiveStore } from './stores/open-archive-store.js';

@Module({
  imports: [AuditModule],
  providers: [
    { provide: ArchiveStore, inject: [Config], useFactory: openArchiveStore },
    ArchiveObjects,
    ArchiveRecords,
    ArchiveVerification,
    ArchivedErasures,
    AuditArchiver,
    AuditArchiveRun,
  ],
  exports: [AuditArchiveRun],
})
export class AuditArchiveModule {}
