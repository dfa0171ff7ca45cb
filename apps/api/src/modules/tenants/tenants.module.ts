import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { LicensesModule } from '../licenses/licenses.module.js';
import { MailModule } from '../mail/mail.module.js';
import { DataExportFiles } from './data-export.files.js';
import { DataExportsController } from './data-exports.controller.js';
import { DataExportsService } from './data-exports.service.js';
import { QuotaService } from './quota.service.js';
import { TenantClosing } from './tenant-closing.service.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [AuditModule, AuthModule, LicensesModule, MailModule],
  controllers: [TenantsController, DataExportsController],
  providers: [DataExportFiles, DataExportsService, QuotaService, TenantClosing, TenantsService],
  exports: [TenantsService],
})
export class TenantsModule {}
