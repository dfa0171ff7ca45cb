import { Body, Get, Header, Param, Post, Req, Res } from '@nestjs/common';
import { TokenResponse } from '@coditect/contracts/auth';
import { AcceptInvitationRequest, InvitationToken, OpenInvitation } from '@coditect/contracts/invitations';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RefreshCookie } from '#modules/auth/logins/refresh-cookie';
import { ApiController } from '#platform/http/api-controller';
import { Public } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { InvitationLinks } from './invitation-links.js';
import { presentOpenInvitation } from './invitations.presenter.js';

@ApiController('auth/invitations/:token')
export class InvitationLinksController {
  constructor(
    private readonly links: InvitationLinks,
    private readonly cookie: RefreshCookie,
  ) {}

  @Get()
  @Public('the token of the link is the credential')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Read an invitation by its link',
    response: OpenInvitation,
    problems: ['link_invalid', 'tenant_suspended', 'tenant_closed'],
  })
  async open(@Param('token', { schema: InvitationToken }) token: string): Promise<OpenInvitation> {
    return presentOpenInvitation(await this.links.open(token));
  }

  @Post('accept')
  @Public('the token of the link is the credential')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Accept an invitation: become a user and sign in',
    description:
      'The link proves the e-mail address, and works once. With `token_delivery: "cookie"`, for browsers, the refresh token goes ' +
      'into an httpOnly cookie instead of the body.',
    status: 201,
    response: TokenResponse,
    problems: ['link_invalid', 'email_taken', 'tenant_suspended', 'tenant_closed', 'cross_site_request'],
  })
  async accept(
    @Param('token', { schema: InvitationToken }) token: string,
    @Body({ schema: AcceptInvitationRequest }) body: AcceptInvitationRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenResponse> {
    if (body.token_delivery === 'cookie') this.cookie.requireOwnPage(request);
    return this.cookie.deliver(reply, await this.links.accept(token, body), body.token_delivery);
  }
}
