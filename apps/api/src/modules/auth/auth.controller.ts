import { Body, Get, Header, Post } from '@nestjs/common';
import { LoginRequest, Me, RefreshRequest, TokenResponse } from '@coditect/contracts/auth';
import { ApiController } from '../../platform/api-controller.js';
import { Public, RequirePermission } from '../../platform/access.js';
import { Operation } from '../../platform/operation.js';
import { permissionsOf } from '../../platform/permissions.js';
import { currentRequest } from '../../platform/request-context.js';
import { type Account, AuthService } from './auth.service.js';
import { LoginsService } from './logins.service.js';

@ApiController('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly logins: LoginsService,
  ) {}

  @Post('login')
  @Public('signing in')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Sign in with e-mail and password',
    response: TokenResponse,
    problems: ['invalid_credentials', 'user_disabled', 'tenant_required'],
  })
  login(@Body({ schema: LoginRequest }) body: LoginRequest): Promise<TokenResponse> {
    return this.auth.login(body);
  }

  @Post('refresh')
  @Public('the refresh token is the credential')
  @Header('cache-control', 'no-store')
  @Operation({ summary: 'Use up a refresh token for a new pair', response: TokenResponse, problems: ['invalid_token'] })
  refresh(@Body({ schema: RefreshRequest }) body: RefreshRequest): Promise<TokenResponse> {
    return this.logins.refresh(body.refresh_token);
  }

  @Post('logout')
  @Public('the refresh token is the credential')
  @Operation({ summary: 'End a login' })
  logout(@Body({ schema: RefreshRequest }) body: RefreshRequest): Promise<void> {
    return this.logins.logout(body.refresh_token);
  }

  @Get('me')
  @RequirePermission('self:read')
  @Operation({ summary: 'Who am I, and what may I do', response: Me, problems: ['user_not_found'] })
  async me(): Promise<Me> {
    return presentMe(await this.auth.me());
  }
}

function presentMe(account: Account): Me {
  const { tenant } = account;
  return {
    id: account.id,
    email: account.email,
    name: account.name,
    role: account.role,
    tenant: { id: tenant.id, slug: tenant.slug, name: tenant.name },
    permissions: permissionsOf(currentRequest().actor),
    last_login_at: account.lastLoginAt?.toISOString() ?? null,
  };
}
