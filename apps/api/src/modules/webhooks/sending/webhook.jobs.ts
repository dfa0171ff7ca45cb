import { InjectQueue } from '@nestjs/bullmq';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Job, Queue } from 'bullmq';
import { Clock } from '#platform/clock';
import { JobProcessor } from '#platform/queues/job-processor';
import { JobsOf } from '#platform/queues/queues';
import { type Delivered, type DeliveryRef, WebhookDeliverer } from './webhook-deliverer.js';
import { ATTEMPTS_OF_TENANT, dueDeliveries } from './webhook-turns.js';

export const WEBHOOKS = 'webhooks';

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 200;

/**
 * Sends due deliveries. The delivery is a row in Postgres; the job in Redis only names it, so losing Redis loses no
 * delivery (decision record 0009). Deliveries of one resource to one endpoint are sent one after the other.
 */
@JobsOf(WEBHOOKS)
export class WebhookJobs extends JobProcessor<DeliveryRef> implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;
  /** Attempts in progress in this worker, by tenant. Counts those, too, whose rows no longer show it because the
   *  endpoint was deleted or disabled. */
  private readonly underWay = new Map<string, number>();

  constructor(
    @InjectQueue(WEBHOOKS) private readonly queue: Queue<DeliveryRef>,
    private readonly db: Database,
    private readonly deliverer: WebhookDeliverer,
    private readonly clock: Clock,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.stopped = false;
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.looking;
  }

  /** Adds a job for each due delivery. The job id names delivery and attempt, so BullMQ ignores a job it already
   *  has. */
  async relay(): Promise<void> {
    const due = await dueDeliveries(this.db, this.clock.now(), AT_ONCE);
    if (due.length === 0) return;
    await this.queue.addBulk(
      due.map(({ tenant_id: tenantId, id, attempts }) => ({
        name: 'webhook-delivery',
        data: { tenantId, id },
        opts: { jobId: `${id}-${attempts}`, removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  protected override async handle({ data }: Job<DeliveryRef>): Promise<Delivered> {
    const { tenantId } = data;
    const others = this.underWay.get(tenantId) ?? 0;
    if (others >= ATTEMPTS_OF_TENANT) return 'taken'; // the next look adds it again
    this.underWay.set(tenantId, others + 1);
    try {
      const delivered = await this.deliverer.deliver(data);
      if (delivered !== 'taken') this.look(); // the next one of the same resource may be due now
      return delivered;
    } finally {
      const left = this.underWay.get(tenantId)! - 1;
      if (left > 0) this.underWay.set(tenantId, left);
      else this.underWay.delete(tenantId);
    }
  }

  private look(): void {
    if (this.stopped) return;
    this.looking ??= this.relay()
      .catch((error: unknown) => this.logger.warn({ msg: 'webhooks cannot be relayed', err: String(error) }))
      .finally(() => {
        this.looking = undefined;
      });
  }
}
