import { Body, Get, Header, HttpCode, Post, SerializeOptions } from '@nestjs/common';
import { LoginRequest, Me, RefreshRequest, TokenResponse } from '@coditect/contracts/auth';
import { ApiController } from '../../platform/api-controller.js';
import { Public, RequirePermission } from '../../platform/access.js';
import { permissionsOf } from '../../platform/permissions.js';
import { type Account, AuthService } from './auth.service.js';

@ApiController('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('login')
  @HttpCode(200)
  @Public('signing in')
  @Header('cache-control', 'no-store')
  @SerializeOptions({ schema: TokenResponse })
  login(@Body({ schema: LoginRequest }) body: LoginRequest): Promise<TokenResponse> {
    return this.auth.login(body);
  }

  @Post('refresh')
  @HttpCode(200)
  @Public('the refresh token is the credential')
  @Header('cache-control', 'no-store')
  @SerializeOptions({ schema: TokenResponse })
  refresh(@Body({ schema: RefreshRequest }) body: RefreshRequest): Promise<TokenResponse> {
    return this.auth.refresh(body.refresh_token);
  }

  @Post('logout')
  @HttpCode(204)
  @Public('the refresh token is the credential')
  logout(@Body({ schema: RefreshRequest }) body: RefreshRequest): Promise<void> {
    return this.auth.logout(body.refresh_token);
  }

  @Get('me')
  @RequirePermission('self:read')
  @SerializeOptions({ schema: Me })
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
    permissions: permissionsOf(account.role),
    last_login_at: account.lastLoginAt?.toISOString() ?? null,
  };
}
