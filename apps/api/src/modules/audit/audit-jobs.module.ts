import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { AUDIT, AuditJobs } from './audit.jobs.js';
import { AuditModule } from './audit.module.js';

/** Of the worker only. */
@Module({ imports: [BullModule.registerQueue({ name: AUDIT }), AuditModule], providers: [AuditJobs] })
export class AuditJobsModule {}
