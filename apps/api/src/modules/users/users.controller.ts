import { HttpCode, Param, Post, SerializeOptions } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { User } from '@coditect/contracts/users';
import { ApiController } from '../../platform/api-controller.js';
import { RequirePermission } from '../../platform/access.js';
import { presentUser } from './users.presenter.js';
import { UsersService } from './users.service.js';

@ApiController('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Post(':id/disable')
  @HttpCode(200)
  @RequirePermission('user:disable')
  @SerializeOptions({ schema: User })
  async disable(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.users.disable(id));
  }

  @Post(':id/enable')
  @HttpCode(200)
  @RequirePermission('user:disable')
  @SerializeOptions({ schema: User })
  async enable(@Param('id', { schema: Id }) id: string): Promise<User> {
    return presentUser(await this.users.enable(id));
  }
}
