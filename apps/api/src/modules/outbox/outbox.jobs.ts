import { InjectQueue } from '@nestjs/bullmq';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Job, Queue } from 'bullmq';
import { Clock } from '../../platform/clock.js';
import { JobProcessor } from '../jobs/job-processor.js';
import { JobsOf } from '../jobs/queues.js';
import { OutboxDelivery, type OutboxRef } from './outbox-delivery.js';

export const OUTBOX = 'outbox';

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 200;

/**
 * Relays what use cases wrote into the outbox. The row is the message; the job only says where to look, so that nothing is
 * lost with Redis: a message whose job vanished is found again.
 */
@JobsOf(OUTBOX)
export class OutboxJobs extends JobProcessor<OutboxRef> implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    @InjectQueue(OUTBOX) private readonly queue: Queue<OutboxRef>,
    private readonly db: Database,
    private readonly delivery: OutboxDelivery,
    private readonly clock: Clock,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.looking ??= this.relay()
        .catch((error: unknown) => this.logger.warn({ msg: 'the outbox cannot be relayed', err: String(error) }))
        .finally(() => {
          this.looking = undefined;
        });
    }, LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Makes a job of each message that is due. A job already there is not made twice: its id tells the attempt. */
  async relay(): Promise<void> {
    const due = await this.db.system.outboxMessage.findMany({
      where: { publishedAt: null, deadAt: null, availableAt: { lte: this.clock.now() } },
      select: { tenantId: true, id: true, topic: true, attempts: true, traceparent: true },
      orderBy: { createdAt: 'asc' },
      take: AT_ONCE,
    });
    if (due.length === 0) return;
    await this.queue.addBulk(
      due.map(({ tenantId, id, topic, attempts, traceparent }) => ({
        name: topic,
        data: { tenantId, id },
        opts: {
          ...{ jobId: `${id}-${attempts}`, removeOnComplete: true, removeOnFail: true },
          ...(traceparent && { telemetry: { metadata: traceparent } }), // of the request, not of this look
        },
      })),
    );
  }

  protected override async handle(job: Job<OutboxRef>): Promise<string> {
    return this.delivery.deliver(job.data);
  }
}
