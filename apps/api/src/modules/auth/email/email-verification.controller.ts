import { Body, Post } from '@nestjs/common';
import { VerifyEmailRequest } from '@coditect/contracts/passwords';
import { ApiController } from '#platform/http/api-controller';
import { Public, RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { EmailVerification } from './email-verification.js';

@ApiController('auth/email')
export class EmailVerificationController {
  constructor(private readonly verification: EmailVerification) {}

  @Post('verification')
  @RequirePermission('self:update')
  @Operation({
    summary: 'Ask for a link to verify your e-mail address',
    description: 'The link works once, within 24 hours. Nothing is sent if the address is already verified.',
    status: 202,
    problems: ['too_many_attempts'],
  })
  request(): Promise<void> {
    return this.verification.request();
  }

  @Post('verify')
  @Public('the token of the link is the credential')
  @Operation({ summary: 'Verify an e-mail address by a link', problems: ['link_invalid'] })
  verify(@Body({ schema: VerifyEmailRequest }) body: VerifyEmailRequest): Promise<void> {
    return this.verification.verify(body);
  }
}
