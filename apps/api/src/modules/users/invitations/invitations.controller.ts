import { Body, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import {
  Invitation,
  InvitationPage,
  InvitationQuery,
  InviteRequest,
  InviteResponse,
} from '@coditect/contracts/invitations';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Clock } from '#platform/clock';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { presentInvitation } from './invitations.presenter.js';
import { type InvitationRow, InvitationsService } from './invitations.service.js';

@ApiController('users/invitations')
export class InvitationsController {
  constructor(
    private readonly invitations: InvitationsService,
    private readonly clock: Clock,
  ) {}

  @Post()
  @RequirePermission('user:invite')
  @Operation({
    summary: 'Invite one person, or up to 50',
    description:
      'All are invited or none. Each gets a link by e-mail that works once, within seven days. A repeated invitation sends ' +
      'a new link and makes the old one invalid. An open invitation counts as a user. Only owners invite owners; API keys ' +
      'invite members and viewers. One address is invited once a minute, an organization sends 200 invitations an hour.',
    status: 201,
    response: InviteResponse,
    problems: ['email_taken', 'quota_exceeded', 'rate_limited'],
    idempotent: true,
  })
  async invite(@Body({ schema: InviteRequest }) body: InviteRequest): Promise<InviteResponse> {
    return { invitations: (await this.invitations.invite(body)).map((row) => this.present(row)) };
  }

  @Get()
  @RequirePermission('user:invite')
  @Operation({ summary: 'List invitations', response: InvitationPage })
  async list(@Query({ schema: InvitationQuery }) query: InvitationQuery, @Req() request: FastifyRequest) {
    return page(await this.invitations.list(query), query, request.url, (row) => this.present(row));
  }

  @Post(':id/resend')
  @RequirePermission('user:invite')
  @Operation({
    summary: 'Send an invitation again',
    description: 'Sends a new link, valid for seven days, at most once a minute. The old link becomes invalid.',
    response: Invitation,
    problems: ['invitation_not_found', 'invitation_not_open', 'email_taken', 'quota_exceeded', 'rate_limited'],
  })
  async resend(@Param('id', { schema: Id }) id: string): Promise<Invitation> {
    return this.present(await this.invitations.resend(id));
  }

  @Delete(':id')
  @RequirePermission('user:invite')
  @Operation({
    summary: 'Revoke an invitation',
    description: 'Its link becomes invalid.',
    problems: ['invitation_not_found', 'invitation_not_open'],
  })
  revoke(@Param('id', { schema: Id }) id: string): Promise<void> {
    return this.invitations.revoke(id);
  }

  private present(row: InvitationRow): Invitation {
    return presentInvitation(row, this.clock.now());
  }
}
