import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '#config/config';
import { AnalyticsModule } from '#modules/analytics/analytics.module';
import { ApiKeysModule } from '#modules/api-keys/api-keys.module';
import { AuditModule } from '#modules/audit/audit.module';
import { AuthModule } from '#modules/auth/auth.module';
import { DocsModule } from '#modules/docs/docs.module';
import { HealthModule } from '#modules/health/health.module';
import { LicensesModule } from '#modules/licenses/licenses.module';
import { MetricsModule } from '#modules/metrics/metrics.module';
import { MailPageModule } from '#modules/mail/mail-page.module';
import { OAuthModule } from '#modules/oauth/oauth.module';
import { ProjectsModule } from '#modules/projects/projects.module';
import { StreamModule } from '#modules/stream/stream.module';
import { TenantsModule } from '#modules/tenants/tenants.module';
import { UsersModule } from '#modules/users/users.module';
import { WebhooksModule } from '#modules/webhooks/webhooks.module';
import { PlatformModule } from '#platform/platform.module';

/** All modules of the API. */
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
        OAuthModule,
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
