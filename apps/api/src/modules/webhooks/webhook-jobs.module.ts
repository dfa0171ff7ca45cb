import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { jobQueue } from '#platform/queues/queues';
import { EventCleanup } from './event-cleanup.js';
import { EventRecorder } from './event-recorder.js';
import { WebhookDelivering } from './webhook-delivering.js';
import { WebhookJobs } from './webhook.jobs.js';
import { WebhooksModule } from './webhooks.module.js';

/** Of the worker only: recording events, and sending them. */
@Module({
  imports: [jobQueue('webhooks'), AuditModule, WebhooksModule],
  providers: [EventCleanup, EventRecorder, WebhookDelivering, WebhookJobs],
  exports: [EventCleanup, EventRecorder],
})
export class WebhookJobsModule {}
