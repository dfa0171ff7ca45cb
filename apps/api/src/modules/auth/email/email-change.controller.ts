import { Body, Post } from '@nestjs/common';
import { ChangeEmailRequest, ConfirmEmailChangeRequest } from '@coditect/contracts/passwords';
import { ApiController } from '#platform/http/api-controller';
import { Public, RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { EmailChange } from './email-change.js';

@ApiController('auth/email/change')
export class EmailChangeController {
  constructor(private readonly emailChange: EmailChange) {}

  @Post()
  @RequirePermission('self:update')
  @Operation({
    summary: 'Ask to change your own e-mail address',
    description:
      'Requires the current password or, for an account without one, a sign-in within the last ten minutes, but not ' +
      'one of a device. Mails a link to the new address, which works once within an hour, and a notice to the old one. Nothing ' +
      'changes before the link is followed. The response does not tell whether the address is taken; the link is then refused.',
    status: 202,
    problems: ['invalid_credentials', 'recent_login_required', 'too_many_attempts'],
  })
  request(@Body({ schema: ChangeEmailRequest }) body: ChangeEmailRequest): Promise<void> {
    return this.emailChange.request(body);
  }

  @Post('confirm')
  @Public('the token of the link is the credential')
  @Operation({
    summary: 'Confirm a new e-mail address by its link',
    description:
      'This verifies the address. Ends all logins of the user, who then signs in with the new address. API keys ' +
      'and linked identities stay.',
    problems: ['link_invalid', 'email_taken'],
  })
  confirm(@Body({ schema: ConfirmEmailChangeRequest }) body: ConfirmEmailChangeRequest): Promise<void> {
    return this.emailChange.confirm(body);
  }
}
