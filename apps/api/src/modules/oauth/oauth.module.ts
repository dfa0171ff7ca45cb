import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { AuthModule } from '#modules/auth/auth.module';
import { MailModule } from '#modules/mail/mail.module';
import { IdTokenSignIn } from './id-token-sign-in.js';
import { IdentitiesController } from './identities.controller.js';
import { IdentitiesService } from './identities.service.js';
import { OAuthChecksCookie } from './oauth-checks-cookie.js';
import { OAuthController } from './oauth.controller.js';
import { OAuthService } from './oauth.service.js';
import { ProviderAccounts } from './provider-accounts.js';
import { OAuthProviders } from './providers/oauth-providers.js';
import { SignInRedirect } from './sign-in-redirect.js';

/** Sign-in at other providers. It creates users and counts quotas, so it stands above `auth`, `users` and `tenants`. */
@Module({
  imports: [AuditModule, AuthModule, MailModule],
  controllers: [OAuthController, IdentitiesController],
  providers: [
    IdTokenSignIn,
    IdentitiesService,
    OAuthChecksCookie,
    OAuthProviders,
    OAuthService,
    ProviderAccounts,
    SignInRedirect,
  ],
})
export class OAuthModule {}
