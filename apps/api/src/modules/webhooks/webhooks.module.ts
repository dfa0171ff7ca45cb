import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { MailModule } from '#modules/mail/mail.module';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { HostLookup, WebhookAddresses } from './sending/webhook-addresses.js';
import { WebhookDeliveriesController } from './deliveries/webhook-deliveries.controller.js';
import { WebhookDeliveriesService } from './deliveries/webhook-deliveries.service.js';
import { WebhookDisabler } from './sending/webhook-disabler.js';
import { WebhookSender } from './sending/webhook-sender.js';
import { WebhookSecrets } from './sending/webhook-secrets.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

@Module({
  imports: [AuditModule, MailModule],
  controllers: [WebhooksController, WebhookDeliveriesController, EventsController],
  providers: [
    EventsService,
    HostLookup,
    WebhookAddresses,
    WebhookDeliveriesService,
    WebhookDisabler,
    WebhookSecrets,
    WebhookSender,
    WebhooksService,
  ],
  exports: [WebhookDisabler, WebhookSender],
})
export class WebhooksModule {}
