import { Body, Post } from '@nestjs/common';
import { ChangePasswordRequest, ForgotPasswordRequest, ResetPasswordRequest } from '@coditect/contracts/passwords';
import { ApiController } from '#platform/http/api-controller';
import { Public, RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { PasswordChange } from './password-change.js';
import { PasswordReset } from './password-reset.js';

@ApiController('auth/password')
export class PasswordsController {
  constructor(
    private readonly passwordChange: PasswordChange,
    private readonly passwordReset: PasswordReset,
  ) {}

  @Post('change')
  @RequirePermission('self:update')
  @Operation({
    summary: 'Change your password',
    description: 'Ends all your other logins.',
    problems: ['invalid_credentials', 'too_many_attempts'],
  })
  change(@Body({ schema: ChangePasswordRequest }) body: ChangePasswordRequest): Promise<void> {
    return this.passwordChange.change(body);
  }

  @Post('forgot')
  @Public('a user who has forgotten the password cannot sign in')
  @Operation({
    summary: 'Ask for a link to set a new password',
    description:
      'The response is always the same, whether or not the e-mail is known. Every organization of the e-mail sends a mail ' +
      'of its own, at most three an hour; its link works once, within an hour.',
    status: 202,
  })
  forgot(@Body({ schema: ForgotPasswordRequest }) body: ForgotPasswordRequest): Promise<void> {
    return this.passwordReset.request(body);
  }

  @Post('reset')
  @Public('the token of the link is the credential')
  @Operation({
    summary: 'Set a new password by a link',
    description:
      'Ends all logins of the user and lifts the wait after failed attempts. The user signs in next; a second factor stays on.',
    problems: ['link_invalid'],
  })
  reset(@Body({ schema: ResetPasswordRequest }) body: ResetPasswordRequest): Promise<void> {
    return this.passwordReset.reset(body);
  }
}
