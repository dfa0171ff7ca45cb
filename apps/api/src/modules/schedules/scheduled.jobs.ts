import { ModuleRef } from '@nestjs/core';
import { Injectable } from '@nestjs/common';
import { type Job, UnrecoverableError } from 'bullmq';
import { JobProcessor } from '#platform/queues/job-processor';
import { JobsOf } from '#platform/queues/queues';
import { schedules } from './schedules.js';

/** Runs the schedule with the job's name. */
@Injectable()
class ScheduledJobs extends JobProcessor {
  constructor(private readonly modules: ModuleRef) {
    super();
  }

  protected override async handle(job: Job): Promise<unknown> {
    const schedule = schedules.find(({ queue, name }) => queue === job.queueName && name === job.name);
    if (!schedule) throw new UnrecoverableError(`unknown job ${job.name}`);
    return schedule.run(this.modules.get(schedule.service, { strict: false }));
  }
}

@JobsOf('maintenance')
export class MaintenanceJobs extends ScheduledJobs {}

/** A queue of its own, because a run can take long. */
@JobsOf('audit-archive')
export class AuditArchiveJobs extends ScheduledJobs {}

@JobsOf('events')
export class EventJobs extends ScheduledJobs {}

@JobsOf('usage')
export class UsageJobs extends ScheduledJobs {}

@JobsOf('audit')
export class AuditJobs extends ScheduledJobs {}
