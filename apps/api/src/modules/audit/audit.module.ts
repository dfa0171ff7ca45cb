import { Module } from '@nestjs/common';
import { LiveEventsModule } from '#modules/stream/live-events.module';
import { AuditErasure } from './erasure/audit-erasure.js';
import { AuditExport } from './logs/audit-export.js';
import { AuditLogsController } from './logs/audit-logs.controller.js';
import { AuditLogsService } from './logs/audit-logs.service.js';
import { AuditSealer } from './chain/audit-sealer.js';
import { AuditVerification } from './chain/audit-verification.js';
import { AuditService } from './audit.service.js';
import { ChainReader } from './chain/chain-reader.js';

@Module({
  imports: [LiveEventsModule],
  controllers: [AuditLogsController],
  providers: [AuditErasure, AuditExport, AuditLogsService, AuditSealer, AuditService, AuditVerification, ChainReader],
  exports: [AuditErasure, AuditSealer, AuditService],
})
export class AuditModule {}
