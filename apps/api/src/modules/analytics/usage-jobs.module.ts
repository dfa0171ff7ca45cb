import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { UsageRetention } from './usage-retention.js';
import { UsageRollUp } from './usage-roll-up.js';
import { UsageSampler } from './usage-sampler.js';
import { USAGE, UsageJobs } from './usage.jobs.js';

/** Of the worker only. */
@Module({
  imports: [BullModule.registerQueue({ name: USAGE })],
  providers: [UsageJobs, UsageRetention, UsageRollUp, UsageSampler],
})
export class UsageJobsModule {}
