import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { AuthModule } from '#modules/auth/auth.module';
import { LicensesModule } from '#modules/licenses/licenses.module';
import { MailModule } from '#modules/mail/mail.module';
import { DataExportFiles } from './exports/data-export-files.js';
import { DataExportsController } from './exports/data-exports.controller.js';
import { DataExportsService } from './exports/data-exports.service.js';
import { QuotaService } from './quotas/quota.service.js';
import { TenantClosure } from './closing/tenant-closure.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [AuditModule, AuthModule, LicensesModule, MailModule],
  controllers: [TenantsController, DataExportsController],
  providers: [DataExportFiles, DataExportsService, QuotaService, TenantClosure, TenantsService],
  exports: [TenantsService],
})
export class TenantsModule {}
