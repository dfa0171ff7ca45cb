import type { Job } from 'bullmq';
import { Injectable } from '@nestjs/common';
import { JobProcessor } from '#platform/queues/job-processor';
import { JobsOf } from '#platform/queues/queues';
import { OutboxDelivery, type OutboxRef } from './outbox-delivery.js';

/** Delivers the message that the job points at, whatever its topic: releases may differ in which queue they choose. */
@Injectable()
class Delivering extends JobProcessor<OutboxRef> {
  constructor(private readonly delivery: OutboxDelivery) {
    super();
  }

  protected override async handle(job: Job<OutboxRef>): Promise<string> {
    return this.delivery.deliver(job.data);
  }
}

@JobsOf('outbox')
export class OutboxJobs extends Delivering {}

@JobsOf('data-exports')
export class DataExportJobs extends Delivering {}
