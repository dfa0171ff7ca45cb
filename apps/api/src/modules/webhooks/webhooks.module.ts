import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { MailModule } from '#modules/mail/mail.module';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { HostLookup, WebhookAddresses } from './webhook-addresses.js';
import { WebhookDeliveriesController } from './webhook-deliveries.controller.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookDisabling } from './webhook-disabling.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhookSecrets } from './webhook-signatures.js';
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
    WebhookDisabling,
    WebhookSecrets,
    WebhookSender,
    WebhooksService,
  ],
  exports: [WebhookDisabling, WebhookSender],
})
export class WebhooksModule {}
