import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EventCleanup } from './event-cleanup.js';
import { EventRecorder } from './event-recorder.js';
import { EVENTS, EventJobs } from './event.jobs.js';
import { WebhookDelivering } from './webhook-delivering.js';
import { WEBHOOKS, WebhookJobs } from './webhook.jobs.js';
import { WebhooksModule } from './webhooks.module.js';

/** Of the worker only: recording events, and sending them. */
@Module({
  imports: [BullModule.registerQueue({ name: EVENTS }, { name: WEBHOOKS }), AuditModule, WebhooksModule],
  providers: [EventCleanup, EventJobs, EventRecorder, WebhookDelivering, WebhookJobs],
})
export class WebhookJobsModule {}
