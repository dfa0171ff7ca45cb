import { Module } from '@nestjs/common';
import { OutboxModule } from '#modules/outbox/outbox.module';
import { MailFiles } from './mail-files.js';
import { MailDelivery } from './mail-delivery.js';

/** Loaded by the worker only. The API writes mails into the outbox. */
@Module({ imports: [OutboxModule], providers: [MailDelivery, MailFiles] })
export class MailDeliveryModule {}
