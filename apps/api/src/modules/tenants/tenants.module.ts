import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { LicensesModule } from '../licenses/licenses.module.js';
import { TenantsService } from './tenants.service.js';

@Module({ imports: [AuditModule, LicensesModule], providers: [TenantsService], exports: [TenantsService] })
export class TenantsModule {}
