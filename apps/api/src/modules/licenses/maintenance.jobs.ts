import { randomUUID } from 'node:crypto';
import { InjectQueue, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Job, Queue } from 'bullmq';
import { IdempotencyStore } from '../../platform/idempotency-store.js';
import { requestStore } from '../../platform/request-context.js';
import { LicenseNotices } from '../notices/license-notices.js';
import { DataExportCleanup } from '../tenants/data-export.cleanup.js';
import { TenantPurge } from '../tenants/tenant-purge.js';
import { SessionSweeper } from './session-sweeper.js';

export const MAINTENANCE = 'maintenance';

const SWEEP_EVERY_MS = 5 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
const RESCHEDULE_MS = 60_000;
const MONTHS_AHEAD = 24;
const KEEP = { removeOnComplete: 100, removeOnFail: 1000 };

/** Jobs over all tenants. Each can run twice at once and again: its effect is decided by what it finds. */
@Processor(MAINTENANCE)
export class MaintenanceJobs extends WorkerHost implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private readonly logger = new Logger('maintenance');

  constructor(
    @InjectQueue(MAINTENANCE) private readonly queue: Queue,
    private readonly sweeper: SessionSweeper,
    private readonly purge: TenantPurge,
    private readonly exportCleanup: DataExportCleanup,
    private readonly idempotency: IdempotencyStore,
    private readonly notices: LicenseNotices,
    private readonly db: Database,
  ) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.schedule();
    await this.queue.add('audit-partitions', {}, KEEP);
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
    await this.queue.upsertJobScheduler(
      'session-cleanup',
      { every: SWEEP_EVERY_MS },
      { name: 'session-cleanup', opts: KEEP },
    );
    await this.queue.upsertJobScheduler(
      'audit-partitions',
      { pattern: '0 1 * * *' },
      { name: 'audit-partitions', opts: KEEP },
    );
    for (const name of ['tenant-purge', 'data-export-cleanup', 'idempotency-keys', 'license-notices'])
      await this.queue.upsertJobScheduler(name, { every: HOUR_MS }, { name, opts: KEEP });
  }

  override async process(job: Job): Promise<unknown> {
    return requestStore.run({ requestId: job.id ?? randomUUID(), actor: { type: 'system' } }, async () => {
      switch (job.name) {
        case 'session-cleanup':
          return { recorded: await this.sweeper.sweep() };
        case 'tenant-purge':
          return { deleted: await this.purge.run() };
        case 'data-export-cleanup':
          return this.exportCleanup.run();
        case 'idempotency-keys':
          return { deleted: await this.idempotency.deleteExpired() };
        case 'license-notices':
          return { written: await this.notices.run() };
        case 'audit-partitions':
          return this.extendAuditPartitions();
        default:
          this.logger.error({ msg: 'unknown job', job: job.name });
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

  private async extendAuditPartitions(): Promise<void> {
    await this.db.systemQuery(
      `SELECT create_audit_partition((now() + make_interval(months => n))::date) FROM generate_series(0, $1::int) AS n`,
      [MONTHS_AHEAD],
    );
  }
}
