import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { MailModule } from '#modules/mail/mail.module';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { DeviceAuthorizationsController } from './device-authorizations.controller.js';
import { DeviceAuthorizations } from './device-authorizations.service.js';
import { EmailChangeController } from './email-change.controller.js';
import { EmailChange } from './email-change.service.js';
import { EmailVerificationController } from './email-verification.controller.js';
import { EmailVerification } from './email-verification.service.js';
import { FailureCounters } from './failure-counters.js';
import { LoginBackoff } from './login-backoff.js';
import { LoginEnding } from './login-ending.js';
import { LoginsController } from './logins.controller.js';
import { LoginsService } from './logins.service.js';
import { IdTokenSignIn } from './oauth/id-token-sign-in.service.js';
import { IdentitiesController } from './oauth/identities.controller.js';
import { IdentitiesService } from './oauth/identities.service.js';
import { OAuthChecksCookie } from './oauth/oauth-checks.js';
import { OAuthController } from './oauth/oauth.controller.js';
import { OAuthProviders } from './oauth/oauth-providers.js';
import { OAuthService } from './oauth/oauth.service.js';
import { ProviderAccounts } from './oauth/provider-accounts.js';
import { OneTimeLinks } from './one-time-links.js';
import { OwnLogins } from './own-logins.service.js';
import { PasswordChange } from './password-change.service.js';
import { PasswordReset } from './password-reset.service.js';
import { PasswordSetting } from './password-setting.js';
import { PasswordsController } from './passwords.controller.js';
import { Passwords } from './passwords.js';
import { Reauthentication } from './reauthentication.js';
import { RefreshCookie } from './refresh-cookie.js';
import { SecondFactorChanges } from './second-factor-changes.js';
import { SecondFactorSettings } from './second-factor-settings.service.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondFactor } from './second-factor.js';

@Module({
  imports: [AuditModule, MailModule],
  controllers: [
    AuthController,
    LoginsController,
    DeviceAuthorizationsController,
    OAuthController,
    IdentitiesController,
    PasswordsController,
    EmailChangeController,
    EmailVerificationController,
    SecondFactorController,
  ],
  providers: [
    AuthService,
    DeviceAuthorizations,
    EmailChange,
    EmailVerification,
    FailureCounters,
    LoginBackoff,
    LoginEnding,
    LoginsService,
    OneTimeLinks,
    OwnLogins,
    PasswordChange,
    PasswordReset,
    PasswordSetting,
    Passwords,
    Reauthentication,
    RefreshCookie,
    SecondFactor,
    SecondFactorChanges,
    SecondFactorSettings,
    OAuthChecksCookie,
    OAuthProviders,
    OAuthService,
    ProviderAccounts,
    IdentitiesService,
    IdTokenSignIn,
  ],
  exports: [LoginEnding, LoginsService, Reauthentication, RefreshCookie],
})
export class AuthModule {}
