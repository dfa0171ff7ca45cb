import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { AuthModule } from '#modules/auth/auth.module';
import { LicensesModule } from '#modules/licenses/licenses.module';
import { MailModule } from '#modules/mail/mail.module';
import { InvitationLinksController } from './invitations/invitation-links.controller.js';
import { InvitationLinks } from './invitations/invitation-links.js';
import { InvitationsController } from './invitations/invitations.controller.js';
import { InvitationsService } from './invitations/invitations.service.js';
import { PersonTraces } from './person-traces.js';
import { ProfileController } from './profile.controller.js';
import { SecondFactorReset } from './second-factor-reset.js';
import { UserPresence } from './user-presence.js';
import { UserRemovalService } from './user-removal.service.js';
import { UserStatusService } from './user-status.service.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [AuditModule, AuthModule, LicensesModule, MailModule],
  controllers: [UsersController, InvitationsController, InvitationLinksController, ProfileController],
  providers: [
    InvitationLinks,
    InvitationsService,
    PersonTraces,
    SecondFactorReset,
    UserPresence,
    UserRemovalService,
    UserStatusService,
    UsersService,
  ],
})
export class UsersModule {}
