import { Param, Post } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { User } from '@coditect/contracts/users';
import { ApiController } from '../../platform/api-controller.js';
import { RequirePermission } from '../../platform/access.js';
import { Operation } from '../../platform/operation.js';
import { presentUser } from './users.presenter.js';
import { UsersService } from './users.service.js';

@ApiController('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Post(':id/disable')
  @RequirePermission('user:disable')
  @Operation({
    summary: 'Disable a user',
    description: 'Ends the live license sessions and logins of the user at once.',
    response: User,
    problems: ['user_not_found', 'last_owner'],
  })
  async disable(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.users.disable(id));
  }

  @Post(':id/enable')
  @RequirePermission('user:disable')
  @Operation({ summary: 'Enable a disabled user', response: User, problems: ['user_not_found'] })
  async enable(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.users.enable(id));
  }
}
