import { randomUUID } from 'node:crypto';
import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { requestStore } from '../../platform/request-context.js';
import { UsageRetention } from './usage-retention.js';
import { UsageSampler } from './usage-sampler.js';

export const USAGE = 'usage';

/** A minute and a few seconds after each five minutes have ended: they are settled then. */
const SAMPLING = '5 1-59/5 * * * *';
const RETENTION_EVERY_MS = 60 * 60 * 1000;
const RESCHEDULE_MS = 60_000;
const KEEP = { removeOnComplete: 100, removeOnFail: 1000 };

/** Samples the use of licenses. Each job can run twice at once and again; a failed one is made up for by the next. */
@Processor(USAGE)
export class UsageJobs extends WorkerHost implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('usage');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectQueue(USAGE) private readonly queue: Queue,
    private readonly sampler: UsageSampler,
    private readonly retention: UsageRetention,
  ) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.schedule();
    await this.queue.add('usage-sample', {}, KEEP);
    // A flushed Redis has forgotten the schedules too.
    this.timer = setInterval(() => {
      this.schedule().catch((error: unknown) =>
        this.logger.warn({ msg: 'schedules cannot be kept', err: String(error) }),
      );
    }, RESCHEDULE_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Upserted: every start of every worker, and every minute, leaves the same schedules. */
  async schedule(): Promise<void> {
    await this.queue.upsertJobScheduler('usage-sample', { pattern: SAMPLING }, { name: 'usage-sample', opts: KEEP });
    await this.queue.upsertJobScheduler(
      'usage-retention',
      { every: RETENTION_EVERY_MS },
      { name: 'usage-retention', opts: KEEP },
    );
  }

  override async process(job: Job): Promise<unknown> {
    return requestStore.run({ requestId: job.id ?? randomUUID(), actor: { type: 'system' } }, async () => {
      switch (job.name) {
        case 'usage-sample':
          return { sampled: await this.sampler.sample() };
        case 'usage-retention':
          return { deleted: await this.retention.deleteOld() };
        default:
          throw new Error(`unknown job ${job.name}`);
      }
    });
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    this.logger.error({ msg: 'job failed', job: job?.name, job_id: job?.id, err: error.message });
  }

  /** Of the queue itself: Redis is away, or has forgotten the job that was running. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.warn({ msg: 'queue error', err: error.message });
  }
}
