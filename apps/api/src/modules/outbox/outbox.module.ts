import { Module } from '@nestjs/common';
import { jobQueue } from '#platform/queues/queues';
import { OutboxDelivery } from './outbox-delivery.js';
import { DataExportJobs, OutboxJobs } from './outbox.jobs.js';
import { OutboxHandlers } from './outbox-handlers.js';
import { OutboxRelay } from './outbox-relay.js';

/** Loaded by the worker only. The API writes into the outbox and never reads it. */
@Module({
  imports: [jobQueue('outbox'), jobQueue('data-exports')],
  providers: [OutboxHandlers, OutboxDelivery, OutboxJobs, DataExportJobs, OutboxRelay],
  exports: [OutboxHandlers, OutboxDelivery],
})
export class OutboxModule {}
