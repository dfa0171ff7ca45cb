import { Get, Param, Post } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import { LicenseContacts } from '@coditect/contracts/licenses';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { presentContacts } from './licenses.presenter.js';
import { SeatRequests } from './seat-requests.js';

/** The endpoints for users who want a seat when none is free. */
@ApiController('licenses')
export class SeatRequestsController {
  constructor(private readonly requests: SeatRequests) {}

  @Get(':id/contacts')
  @RequirePermission('license_session:acquire')
  @Operation({
    summary: 'Read who can free a seat',
    description: 'The other owners and admins of the organization, by name.',
    response: LicenseContacts,
    problems: ['license_not_found'],
  })
  async contacts(@Param('id', { schema: Id }) id: string): Promise<LicenseContacts> {
    return presentContacts(await this.requests.contacts(id));
  }

  @Post(':id/seat-requests')
  @RequirePermission('license_session:acquire')
  @Operation({
    summary: 'Ask owners and admins for a seat',
    description:
      'Sends them an e-mail that names the caller. A user may ask once an hour for each license. Returns the users who ' +
      'were asked. The list is empty if the caller is the only owner or admin.',
    status: 202,
    response: LicenseContacts,
    problems: [
      'license_not_found',
      'license_suspended',
      'license_revoked',
      'license_expired',
      'license_not_yet_valid',
      'user_removed',
    ],
    idempotent: true,
  })
  async ask(@Param('id', { schema: Id }) id: string): Promise<LicenseContacts> {
    return presentContacts(await this.requests.ask(id));
  }
}
