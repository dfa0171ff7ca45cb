import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { OutboxDelivery } from './outbox-delivery.js';
import { OUTBOX, OutboxJobs } from './outbox.jobs.js';
import { OutboxHandlers } from './outbox.js';

/** Of the worker only: the API writes into the outbox and never looks. */
@Module({
  imports: [BullModule.registerQueue({ name: OUTBOX })],
  providers: [OutboxHandlers, OutboxDelivery, OutboxJobs],
  exports: [OutboxHandlers, OutboxDelivery],
})
export class OutboxModule {}
