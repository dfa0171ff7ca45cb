import { Module } from '@nestjs/common';
import { AccountsModule } from '#modules/accounts/accounts.module';
import { AuditModule } from '#modules/audit/audit.module';
import { MailModule } from '#modules/mail/mail.module';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { DeviceAuthorizationsController } from './device/device-authorizations.controller.js';
import { DeviceAuthorizations } from './device/device-authorizations.js';
import { EmailChangeController } from './email/email-change.controller.js';
import { EmailChange } from './email/email-change.js';
import { EmailVerificationController } from './email/email-verification.controller.js';
import { EmailVerification } from './email/email-verification.js';
import { FailureCounters } from './proof/failure-counters.js';
import { LoginBackoff } from './proof/login-backoff.js';
import { LoginEnder } from './logins/login-ender.js';
import { LoginsController } from './logins/logins.controller.js';
import { LoginsService } from './logins/logins.service.js';
import { OneTimeLinks } from './proof/one-time-links.js';
import { OwnLogins } from './logins/own-logins.js';
import { PasswordChange } from './passwords/password-change.js';
import { PasswordReset } from './passwords/password-reset.js';
import { PasswordSetter } from './passwords/password-setter.js';
import { PasswordsController } from './passwords/passwords.controller.js';
import { Passwords } from './passwords/passwords.js';
import { Reauthentication } from './passwords/reauthentication.js';
import { RefreshCookie } from './logins/refresh-cookie.js';
import { SecondFactorChanges } from './second-factor/second-factor-changes.js';
import { SecondFactorSettings } from './second-factor/second-factor-settings.js';
import { SecondFactorController } from './second-factor/second-factor.controller.js';
import { SecondFactor } from './second-factor/second-factor.js';

@Module({
  imports: [AccountsModule, AuditModule, MailModule],
  controllers: [
    AuthController,
    LoginsController,
    DeviceAuthorizationsController,
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
    LoginEnder,
    LoginsService,
    OneTimeLinks,
    OwnLogins,
    PasswordChange,
    PasswordReset,
    PasswordSetter,
    Passwords,
    Reauthentication,
    RefreshCookie,
    SecondFactor,
    SecondFactorChanges,
    SecondFactorSettings,
  ],
  exports: [LoginEnder, LoginsService, Passwords, Reauthentication, RefreshCookie],
})
export class AuthModule {}
