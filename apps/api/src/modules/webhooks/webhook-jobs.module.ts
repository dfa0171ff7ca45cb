import { Module } from '@nestjs/common';
import { AuditModule } from '#modules/audit/audit.module';
import { jobQueue } from '#platform/queues/queues';
import { EventCleanup } from './recording/event-cleanup.js';
import { EventRecorder } from './recording/event-recorder.js';
import { WebhookDeliverer } from './sending/webhook-deliverer.js';
import { WebhookJobs } from './sending/webhook.jobs.js';
import { WebhooksModule } from './webhooks.module.js';

/** Records and sends events. Loaded by the worker only. */
@Module({
  imports: [jobQueue('webhooks'), AuditModule, WebhooksModule],
  providers: [EventCleanup, EventRecorder, WebhookDeliverer, WebhookJobs],
  exports: [EventCleanup, EventRecorder],
})
export class WebhookJobsModule {}
