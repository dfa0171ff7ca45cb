import { randomUUID } from 'node:crypto';
import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { requestStore } from '../../platform/request-context.js';
import { AuditSealer } from './audit-sealer.js';

export const AUDIT = 'audit';

const SEAL_EVERY_MS = 5_000;
const RESCHEDULE_MS = 60_000;
const KEEP = { removeOnComplete: 10, removeOnFail: 1000 };

/** Seals what was written since: one job for all workers. */
@Processor(AUDIT)
export class AuditJobs extends WorkerHost implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('audit');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectQueue(AUDIT) private readonly queue: Queue,
    private readonly sealer: AuditSealer,
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
    await this.queue.upsertJobScheduler('audit-seal', { every: SEAL_EVERY_MS }, { name: 'audit-seal', opts: KEEP });
  }

  override async process(job: Job): Promise<{ sealed: number }> {
    return requestStore.run({ requestId: job.id ?? randomUUID(), actor: { type: 'system' } }, async () => ({
      sealed: await this.sealer.sealAll(),
    }));
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
