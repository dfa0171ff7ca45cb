import { randomUUID } from 'node:crypto';
import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { requestStore } from '../../platform/request-context.js';
import { type ArchiveRunResult, AuditArchiveRun } from './audit-archive-run.js';

export const AUDIT_ARCHIVE = 'audit-archive';

const DAILY = { pattern: '0 2 * * *', tz: 'UTC' };
const RESCHEDULE_MS = 60_000;
const KEEP = { removeOnComplete: 100, removeOnFail: 1000 };

/** Archives what is old enough, daily at 02:00 UTC: a queue of its own, because it can take long. */
@Processor(AUDIT_ARCHIVE)
export class AuditArchiveJobs extends WorkerHost implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('audit-archive');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectQueue(AUDIT_ARCHIVE) private readonly queue: Queue,
    private readonly archive: AuditArchiveRun,
  ) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.schedule();
    // A flushed Redis has forgotten the schedule too.
    this.timer = setInterval(() => {
      this.schedule().catch((error: unknown) =>
        this.logger.warn({ msg: 'the schedule cannot be kept', err: String(error) }),
      );
    }, RESCHEDULE_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async schedule(): Promise<void> {
    await this.queue.upsertJobScheduler(AUDIT_ARCHIVE, DAILY, { name: AUDIT_ARCHIVE, opts: KEEP });
  }

  override async process(job: Job): Promise<ArchiveRunResult | { running_elsewhere: true }> {
    return requestStore.run({ requestId: job.id ?? randomUUID(), actor: { type: 'system' } }, async () => {
      return (await this.archive.run()) ?? { running_elsewhere: true };
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
