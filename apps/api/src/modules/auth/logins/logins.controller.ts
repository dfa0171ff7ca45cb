import { Body, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { Login, LoginPage, LoginQuery, LogoutEverywhereRequest } from '@coditect/contracts/logins';
import type { Login as LoginRow } from '@coditect/db/generated/prisma/client';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { currentRequest } from '#platform/request-context';
import { OwnLogins } from './own-logins.js';

/** The logins of the caller. */
@ApiController('auth')
export class LoginsController {
  constructor(private readonly logins: OwnLogins) {}

  @Get('logins')
  @RequirePermission('self:read')
  @Operation({ summary: 'List your own logins that have not ended', response: LoginPage })
  async list(@Query({ schema: LoginQuery }) query: LoginQuery, @Req() request: FastifyRequest) {
    return page(await this.logins.list(query), query, request.url, presentLogin);
  }

  @Delete('logins/:id')
  @RequirePermission('self:update')
  @Operation({
    summary: 'End one of your own logins',
    description: 'Its refresh token and its access tokens stop working at once.',
    problems: ['login_not_found'],
  })
  end(@Param('id', { schema: Id }) id: string): Promise<void> {
    return this.logins.end(id);
  }

  @Post('logout-everywhere')
  @RequirePermission('self:update')
  @Operation({
    summary: 'End all of your own logins',
    description:
      'Ends the login of this request too, unless `except_current` is true. API keys and license sessions stay.',
  })
  endAll(@Body({ schema: LogoutEverywhereRequest }) body: LogoutEverywhereRequest): Promise<void> {
    return this.logins.endAll({ exceptCurrent: body.except_current });
  }
}

function presentLogin(row: LoginRow): Login {
  return {
    id: row.id,
    method: row.method,
    ip: row.ip,
    user_agent: row.userAgent,
    created_at: row.createdAt.toISOString(),
    last_used_at: row.lastUsedAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    current: row.id === currentRequest().actor?.loginId,
  };
}
