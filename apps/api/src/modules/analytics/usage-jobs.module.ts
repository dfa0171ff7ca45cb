import { Module } from '@nestjs/common';
import { UsageRetention } from './usage/usage-retention.js';
import { UsageRollUp } from './usage/usage-roll-up.js';
import { UsageSampler } from './usage/usage-sampler.js';

/** Loaded by the worker only. */
@Module({
  providers: [UsageRetention, UsageRollUp, UsageSampler],
  exports: [UsageRetention, UsageSampler],
})
export class UsageJobsModule {}
