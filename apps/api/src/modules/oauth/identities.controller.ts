import { Body, Delete, Get, Header, Param, Post, Query, Req, Res } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import {
  Identity,
  IdentityPage,
  IdentityQuery,
  LinkIdentityRequest,
  LinkIdentityResponse,
  ProviderId,
} from '@coditect/contracts/oauth';
import type { Identity as IdentityRow } from '@coditect/db/generated/prisma/client';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { IdTokenSignIn } from './id-token-sign-in.js';
import { IdentitiesService } from './identities.service.js';
import { OAuthChecksCookie } from './oauth-checks-cookie.js';
import { OAuthService } from './oauth.service.js';

/** The caller's own accounts at providers. */
@ApiController('auth/identities')
export class IdentitiesController {
  constructor(
    private readonly identities: IdentitiesService,
    private readonly oauth: OAuthService,
    private readonly tokens: IdTokenSignIn,
    private readonly cookie: OAuthChecksCookie,
  ) {}

  @Get()
  @RequirePermission('self:read')
  @Operation({ summary: 'List your own linked identities', response: IdentityPage })
  async list(@Query({ schema: IdentityQuery }) query: IdentityQuery, @Req() request: FastifyRequest) {
    return page(await this.identities.list(query), query, request.url, presentIdentity);
  }

  @Post(':provider/link')
  @RequirePermission('self:update')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Link an account at a provider to your own',
    description:
      'Returns where to send the browser, and sets the cookie that identifies it when it comes back to the callback. ' +
      'The login must still be active then. At a provider of kind `identity_platform` the browser has an `id_token` ' +
      'already: it is linked at once.',
    response: LinkIdentityResponse,
    problems: ['provider_not_found', 'oauth_failed', 'identity_taken', 'temporarily_unavailable'],
  })
  async link(
    @Param('provider', { schema: ProviderId }) provider: string,
    @Body({ schema: LinkIdentityRequest }) body: LinkIdentityRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LinkIdentityResponse> {
    if (body.id_token !== undefined) {
      await this.tokens.link(provider, body.id_token);
      return { linked: true };
    }
    const { url, checks } = await this.oauth.startLinking(provider, body.return_to);
    this.cookie.set(reply, checks);
    return { url: url.href };
  }

  @Delete(':id')
  @RequirePermission('self:update')
  @Operation({
    summary: 'Unlink one of your own identities',
    problems: ['identity_not_found', 'last_sign_in_method'],
  })
  unlink(@Param('id', { schema: Id }) id: string): Promise<void> {
    return this.identities.unlink(id);
  }
}

function presentIdentity(row: IdentityRow): Identity {
  return { id: row.id, provider: row.provider, email: row.email, created_at: row.createdAt.toISOString() };
}
