import { Body, Get, Header, Post } from '@nestjs/common';
import {
  RecoveryCodes,
  SecondFactorCodeRequest,
  SecondFactorStatus,
  SetUpTotpRequest,
  TotpSetup,
} from '@coditect/contracts/second-factor';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { SecondFactorSettings } from './second-factor-settings.js';

@ApiController('auth/two-factor')
export class SecondFactorController {
  constructor(private readonly settings: SecondFactorSettings) {}

  @Get()
  @RequirePermission('self:read')
  @Operation({ summary: 'Read whether your second factor is on', response: SecondFactorStatus })
  status(): Promise<SecondFactorStatus> {
    return this.settings.status();
  }

  @Post('totp')
  @RequirePermission('self:update')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Set up an authenticator app',
    description: 'Nothing changes until a code of it has been confirmed. A repeated call replaces the secret.',
    response: TotpSetup,
    problems: ['two_factor_enabled', 'invalid_credentials', 'too_many_attempts'],
  })
  setUp(@Body({ schema: SetUpTotpRequest }) body: SetUpTotpRequest): Promise<TotpSetup> {
    return this.settings.setUp(body);
  }

  @Post('totp/confirm')
  @RequirePermission('self:update')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Turn the second factor on with a first code',
    description: 'Returns the recovery codes, which are shown only once.',
    response: RecoveryCodes,
    problems: ['two_factor_enabled', 'two_factor_not_enabled', 'two_factor_invalid', 'too_many_attempts'],
  })
  async confirm(@Body({ schema: SecondFactorCodeRequest }) body: SecondFactorCodeRequest): Promise<RecoveryCodes> {
    return { recovery_codes: await this.settings.confirm(body.code) };
  }

  @Post('recovery-codes')
  @RequirePermission('self:update')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Replace your recovery codes',
    response: RecoveryCodes,
    problems: ['two_factor_not_enabled', 'two_factor_invalid', 'too_many_attempts'],
  })
  async renew(@Body({ schema: SecondFactorCodeRequest }) body: SecondFactorCodeRequest): Promise<RecoveryCodes> {
    return { recovery_codes: await this.settings.renewRecoveryCodes(body.code) };
  }

  @Post('totp/disable')
  @RequirePermission('self:update')
  @Operation({
    summary: 'Turn the second factor off',
    problems: ['two_factor_not_enabled', 'two_factor_invalid', 'too_many_attempts'],
  })
  disable(@Body({ schema: SecondFactorCodeRequest }) body: SecondFactorCodeRequest): Promise<void> {
    return this.settings.disable(body.code);
  }
}
