import { randomUUID } from 'node:crypto';
import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { requestStore } from '../../platform/request-context.js';
import { EventCleanup } from './event-cleanup.js';
import { EventRecorder } from './event-recorder.js';

export const EVENTS = 'events';

const RECORD_EVERY_MS = 2_000;
const CLEAN_EVERY_MS = 60 * 60 * 1000;
const RESCHEDULE_MS = 60_000;
const KEEP = { removeOnComplete: 10, removeOnFail: 1000 };

/** Records events, and deletes old ones: one job for all workers. */
@Processor(EVENTS)
export class EventJobs extends WorkerHost implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('events');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectQueue(EVENTS) private readonly queue: Queue,
    private readonly recorder: EventRecorder,
    private readonly cleanup: EventCleanup,
  ) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.schedule();
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

  async schedule(): Promise<void> {
    const every = { 'event-record': RECORD_EVERY_MS, 'event-cleanup': CLEAN_EVERY_MS };
    for (const [name, ms] of Object.entries(every))
      await this.queue.upsertJobScheduler(name, { every: ms }, { name, opts: KEEP });
  }

  override async process(job: Job): Promise<unknown> {
    return requestStore.run({ requestId: job.id ?? randomUUID(), actor: { type: 'system' } }, async () => {
      switch (job.name) {
        case 'event-record':
          return { recorded: await this.recorder.recordAll() };
        case 'event-cleanup':
          return { deleted: await this.cleanup.run() };
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
