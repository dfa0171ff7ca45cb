import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { JobQueues } from '#platform/queues/job-queues';
import { schedules } from './schedules.js';

const KEEP_MS = 60_000;

/** Writes the schedules to Redis again and again. All workers write the same ones. After a flush of Redis they are back
 *  within a minute. */
@Injectable()
export class JobSchedules implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('jobs');
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly queues: JobQueues) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.keep();
    for (const { queue, name, atStart } of schedules)
      if (atStart) await this.queues.of(queue).add(name, { system: true });
    this.timer = setInterval(() => {
      this.keep().catch((error: unknown) => this.logger.warn({ msg: 'schedules cannot be kept', err: String(error) }));
    }, KEEP_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Writes all schedules. */
  async keep(): Promise<void> {
    for (const { queue, name, when } of schedules) {
      // Without a time zone, a pattern means the local time of the worker that writes it.
      const repeat = 'pattern' in when ? { ...when, tz: 'UTC' } : when;
      await this.queues.of(queue).upsertJobScheduler(name, repeat, { name, data: { system: true } });
    }
  }
}
