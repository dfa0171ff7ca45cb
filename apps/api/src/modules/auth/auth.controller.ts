import { Body, Get, Header, Post, Req, Res } from '@nestjs/common';
import { LoginRequest, LogoutRequest, Me, RefreshRequest, TokenResponse } from '@coditect/contracts/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { Public, RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { permissionsOf } from '#platform/access/permissions';
import { currentRequest } from '#platform/request-context';
import { AuthService } from './auth.service.js';
import { LoginsService } from './logins/logins.service.js';
import { RefreshCookie } from './logins/refresh-cookie.js';
import { OwnAccount } from '#modules/accounts/own-account';
import type { Account } from '#modules/accounts/account-lock';

@ApiController('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly logins: LoginsService,
    private readonly cookie: RefreshCookie,
    private readonly own: OwnAccount,
  ) {}

  @Post('login')
  @Public('signing in')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Sign in with e-mail and password',
    description: `With \`token_delivery: "cookie"\`, for browsers, the refresh token goes into an httpOnly cookie instead of the body.`,
    response: TokenResponse,
    problems: [
      'invalid_credentials',
      'two_factor_required',
      'two_factor_invalid',
      'user_disabled',
      'tenant_required',
      'too_many_attempts',
      'cross_site_request',
    ],
  })
  async login(
    @Body({ schema: LoginRequest }) body: LoginRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    if (body.token_delivery === 'cookie') this.cookie.requireOwnPage(request);
    return this.cookie.deliver(reply, await this.auth.login(body), body.token_delivery);
  }

  @Post('refresh')
  @Public('the refresh token is the credential', 'renewal')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Exchange a refresh token for a new pair',
    description:
      'The token is taken from the body, else from the cookie. A client that lost the response may repeat the call with the same ' +
      'token within 30 seconds, as long as the new one has not been used. Any other second use ends the login.',
    response: TokenResponse,
    problems: ['invalid_token', 'cross_site_request'],
  })
  async refresh(
    @Body({ schema: RefreshRequest }) body: RefreshRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    const { token, delivery } = this.cookie.tokenOf(request, body);
    return this.cookie.deliver(reply, await this.logins.refresh(token), delivery);
  }

  @Post('logout')
  @Public('the refresh token is the credential')
  @Operation({
    summary: 'End a login',
    description: 'The refresh token is taken from the body, else from the cookie, which is then deleted.',
    problems: ['cross_site_request'],
  })
  async logout(
    @Body({ schema: LogoutRequest }) body: LogoutRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const token = body.refresh_token ?? this.cookie.read(request);
    if (token !== undefined) await this.logins.logout(token);
    if (body.refresh_token === undefined) this.cookie.clear(reply);
  }

  @Get('me')
  @RequirePermission('self:read')
  @Operation({ summary: 'Read your own account and permissions', response: Me, problems: ['user_not_found'] })
  async me(): Promise<Me> {
    return presentMe(await this.own.get());
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
    email_verified: account.emailVerifiedAt !== null,
    has_password: account.passwordHash !== null,
    two_factor_enabled: account.totpEnabledAt !== null,
    two_factor_required: tenant.requireTwoFactor,
    permissions: permissionsOf(currentRequest().actor),
    last_login_at: account.lastLoginAt?.toISOString() ?? null,
  };
}
