import { Module } from '@nestjs/common';
import { jobQueue } from '../jobs/queues.js';
import { OutboxDelivery } from './outbox-delivery.js';
import { OUTBOX, OutboxJobs } from './outbox.jobs.js';
import { OutboxHandlers } from './outbox.js';

/** Of the worker only: the API writes into the outbox and never looks. */
@Module({
  imports: [jobQueue(OUTBOX)],
  providers: [OutboxHandlers, OutboxDelivery, OutboxJobs],
  exports: [OutboxHandlers, OutboxDelivery],
})
export class OutboxModule {}
