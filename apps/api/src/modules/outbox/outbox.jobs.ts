import type { Job } from 'bullmq';
import { Injectable } from '@nestjs/common';
import { JobProcessor } from '#platform/queues/job-processor';
import { JobsOf } from '#platform/queues/queues';
import { OutboxDelivery, type OutboxRef } from './outbox-delivery.js';

/** Handles the message that a job names, whatever its topic: another release may use another queue for a topic. */
@Injectable()
class OutboxProcessor extends JobProcessor<OutboxRef> {
  constructor(private readonly delivery: OutboxDelivery) {
    super();
  }

  protected override async handle(job: Job<OutboxRef>): Promise<string> {
    return this.delivery.deliver(job.data);
  }
}

@JobsOf('outbox')
export class OutboxJobs extends OutboxProcessor {}

@JobsOf('data-exports')
export class DataExportJobs extends OutboxProcessor {}
