import { randomUUID } from 'node:crypto';
import { InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Job, Queue } from 'bullmq';
import { requestStore } from '../../platform/request-context.js';
import { SessionSweeper } from './session-sweeper.js';

export const MAINTENANCE = 'maintenance';

const SWEEP_EVERY_MS = 5 * 60 * 1000;
const MONTHS_AHEAD = 24;

/** Jobs over all tenants. Each can run twice at once and again: its effect is decided by what it finds. */
@Processor(MAINTENANCE)
export class MaintenanceJobs extends WorkerHost implements OnApplicationBootstrap {
  private readonly logger = new Logger('maintenance');

  constructor(
    @InjectQueue(MAINTENANCE) private readonly queue: Queue,
    private readonly sweeper: SessionSweeper,
    private readonly db: Database,
  ) {
    super();
  }

  /** Schedules are upserted: every start of every worker leaves the same ones. */
  async onApplicationBootstrap(): Promise<void> {
    const keep = { removeOnComplete: 100, removeOnFail: 1000 };
    await this.queue.upsertJobScheduler(
      'session-cleanup',
      { every: SWEEP_EVERY_MS },
      { name: 'session-cleanup', opts: keep },
    );
    await this.queue.upsertJobScheduler(
      'audit-partitions',
      { pattern: '0 1 * * *' },
      { name: 'audit-partitions', opts: keep },
    );
    await this.queue.add('audit-partitions', {}, keep);
  }

  override async process(job: Job): Promise<unknown> {
    return requestStore.run({ requestId: job.id ?? randomUUID(), actor: { type: 'system' } }, async () => {
      switch (job.name) {
        case 'session-cleanup':
          return { recorded: await this.sweeper.sweep() };
        case 'audit-partitions':
          return this.extendAuditPartitions();
        default:
          this.logger.error({ msg: 'unknown job', job: job.name });
          throw new Error(`unknown job ${job.name}`);
      }
    });
  }

  private async extendAuditPartitions(): Promise<void> {
    await this.db.systemQuery(
      `SELECT create_audit_partition((now() + make_interval(months => n))::date) FROM generate_series(0, $1::int) AS n`,
      [MONTHS_AHEAD],
    );
  }
}
