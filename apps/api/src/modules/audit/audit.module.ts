import { Module } from '@nestjs/common';
import { LiveEventsModule } from '#modules/stream/live-events.module';
import { AuditErasure } from './audit-erasure.js';
import { AuditExport } from './audit-export.js';
import { AuditLogsController } from './audit-logs.controller.js';
import { AuditLogsService } from './audit-logs.service.js';
import { AuditSealer } from './audit-sealer.js';
import { AuditVerification } from './audit-verification.js';
import { AuditService } from './audit.service.js';
import { ChainReader } from './chain-reader.js';

@Module({
  imports: [LiveEventsModule],
  controllers: [AuditLogsController],
  providers: [AuditErasure, AuditExport, AuditLogsService, AuditSealer, AuditService, AuditVerification, ChainReader],
  exports: [AuditErasure, AuditSealer, AuditService],
})
export class AuditModule {}
