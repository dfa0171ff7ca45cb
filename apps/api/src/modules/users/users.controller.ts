import { Body, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { UpdateUserRequest, User, UserPage, UserQuery } from '@coditect/contracts/users';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { SecondFactorReset } from './second-factor-reset.js';
import { UserRemovalService } from './user-removal.service.js';
import { UserStatusService } from './user-status.service.js';
import { presentUser } from './users.presenter.js';
import { UsersService } from './users.service.js';

@ApiController('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly status: UserStatusService,
    private readonly removal: UserRemovalService,
    private readonly secondFactorReset: SecondFactorReset,
  ) {}

  @Get()
  @RequirePermission('user:read')
  @Operation({
    summary: 'List users',
    description: 'Without `user:read_all` (members) the list shows only the caller.',
    response: UserPage,
  })
  async list(@Query({ schema: UserQuery }) query: UserQuery, @Req() request: FastifyRequest) {
    return page(await this.users.list(query), query, request.url, presentUser);
  }

  @Get(':id')
  @RequirePermission('user:read')
  @Operation({ summary: 'Read a user', response: User, problems: ['user_not_found'], versioned: true })
  async get(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.users.get(id));
  }

  @Patch(':id')
  @RequirePermission('user:update')
  @Operation({
    summary: 'Change the name or role of a user',
    description:
      'Only owners make or change owners, and one active owner always stays. API keys make and change ' +
      'members and viewers. A new role counts at once, also for logins that exist; open invitations that could ' +
      'not be sent with it are revoked.',
    response: User,
    problems: ['user_not_found', 'last_owner'],
    versioned: true,
  })
  async update(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: UpdateUserRequest }) body: UpdateUserRequest,
  ): Promise<User> {
    return presentUser(await this.users.update(id, body));
  }

  @Delete(':id')
  @RequirePermission('user:remove')
  @Operation({
    summary: 'Remove a user',
    description:
      'Ends the license sessions and logins of the user at once, and deletes the API keys and linked identities. The ' +
      'name stays, so that projects and audit entries still name the user. The e-mail address can be invited again. ' +
      'Open invitations of owners and admins that the user sent are revoked.',
    problems: ['user_not_found', 'last_owner'],
    versioned: true,
  })
  remove(@Param('id', { schema: Id }) id: string): Promise<void> {
    return this.removal.remove(id);
  }

  @Post(':id/disable')
  @RequirePermission('user:disable')
  @Operation({
    summary: 'Disable a user',
    description:
      'Ends the live license sessions and logins of the user at once. Its open invitations of owners and admins are revoked.',
    response: User,
    problems: ['user_not_found', 'last_owner'],
    versioned: true,
  })
  async disable(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.status.disable(id));
  }

  @Post(':id/enable')
  @RequirePermission('user:disable')
  @Operation({
    summary: 'Enable a disabled user',
    response: User,
    problems: ['user_not_found'],
    versioned: true,
  })
  async enable(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.status.enable(id));
  }

  @Post(':id/reset-two-factor')
  @RequirePermission('user:reset_two_factor')
  @Operation({
    summary: 'Remove the second factor of a user who has lost it',
    description:
      'Removes its recovery codes too, and ends all its logins. The user is told by mail and signs in without a code from then on. ' +
      'Be sure that it is the user who asks. Not allowed for yourself; only owners can do it for owners.',
    response: User,
    problems: ['user_not_found'],
    versioned: true,
  })
  async resetTwoFactor(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.secondFactorReset.reset(id));
  }

  @Post(':id/erase')
  @RequirePermission('user:erase')
  @Operation({
    summary: 'Erase the personal data of a user for good',
    description:
      'Removes the user, if that has not happened yet, with its name, addresses and devices, in audit entries too; their ' +
      'chain stays valid (GDPR, article 17). Data exports made before cannot be downloaded any more. It cannot be undone; ' +
      'a call that broke off can be repeated.',
    response: User,
    problems: ['user_not_found', 'last_owner'],
    versioned: true,
  })
  async erase(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.removal.erase(id));
  }
}
