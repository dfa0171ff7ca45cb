import { Body, Patch } from '@nestjs/common';
import { UpdateProfileRequest, User } from '@coditect/contracts/users';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { presentUser } from './users.presenter.js';
import { UsersService } from './users.service.js';

@ApiController('auth/me')
export class ProfileController {
  constructor(private readonly users: UsersService) {}

  @Patch()
  @RequirePermission('self:update')
  @Operation({ summary: 'Change your own name', response: User, versioned: true })
  async update(@Body({ schema: UpdateProfileRequest }) body: UpdateProfileRequest): Promise<User> {
    return presentUser(await this.users.updateProfile(body));
  }
}
