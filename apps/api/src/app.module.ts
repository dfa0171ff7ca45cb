import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config/config.js';
import { AnalyticsModule } from './modules/analytics/analytics.module.js';
import { ApiKeysModule } from './modules/auth/api-keys.module.js';
import { AuditModule } from './modules/audit/audit.module.js';
import { AuthModule } from './modules/auth/auth.module.js';
import { DocsModule } from './modules/docs/docs.module.js';
import { HealthModule } from './modules/health/health.module.js';
import { LicensesModule } from './modules/licenses/licenses.module.js';
import { MetricsModule } from './modules/metrics/metrics.module.js';
import { MailPageModule } from './modules/mail/mail-page.module.js';
import { ProjectsModule } from './modules/projects/projects.module.js';
import { StreamModule } from './modules/stream/stream.module.js';
import { TenantsModule } from './modules/tenants/tenants.module.js';
import { UsersModule } from './modules/users/users.module.js';
import { WebhooksModule } from './modules/webhooks/webhooks.module.js';
import { PlatformModule } from './platform/platform.module.js';

/** The table of contents. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.forRoot(config),
        HealthModule,
        MetricsModule,
        DocsModule,
        AuthModule,
        TenantsModule,
        UsersModule,
        LicensesModule,
        ProjectsModule,
        ApiKeysModule,
        AuditModule,
        AnalyticsModule,
        StreamModule,
        WebhooksModule,
        ...(config.mail.page ? [MailPageModule] : []),
      ],
    };
  }
}
