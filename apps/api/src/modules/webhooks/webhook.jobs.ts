import { InjectQueue } from '@nestjs/bullmq';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Job, Queue } from 'bullmq';
import { Clock } from '../../platform/clock.js';
import { JobProcessor } from '../jobs/job-processor.js';
import { JobsOf } from '../jobs/queues.js';
import { type Delivered, type DeliveryRef, WebhookDelivering } from './webhook-delivering.js';

export const WEBHOOKS = 'webhooks';

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 200;
/** Attempts under way to one endpoint: a slow one must not keep the others waiting. */
const CONCURRENCY_OF_ENDPOINT = 10;

/**
 * Sends what is due. The row is the delivery; the job only says where to look, so that nothing is lost with Redis
 * (decision record 0009). Deliveries of one resource to one endpoint go one after the other.
 */
@JobsOf(WEBHOOKS)
export class WebhookJobs extends JobProcessor<DeliveryRef> implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(
    @InjectQueue(WEBHOOKS) private readonly queue: Queue<DeliveryRef>,
    private readonly db: Database,
    private readonly delivering: WebhookDelivering,
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

  /** Makes a job of each delivery that is due. A job already there is not made twice: its id tells the attempt. */
  async relay(): Promise<void> {
    const { rows } = await this.db.systemQuery<{ tenant_id: string; id: string; attempts: number }>(DUE, [
      this.clock.now(),
      CONCURRENCY_OF_ENDPOINT,
      AT_ONCE,
    ]);
    if (rows.length === 0) return;
    await this.queue.addBulk(
      rows.map(({ tenant_id: tenantId, id, attempts }) => ({
        name: 'webhook-delivery',
        data: { tenantId, id },
        opts: { jobId: `${id}-${attempts}`, removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  protected override async handle(job: Job<DeliveryRef>): Promise<Delivered> {
    const delivered = await this.delivering.deliver(job.data);
    this.look(); // the next one of the same resource may be due now
    return delivered;
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

const DUE = `
  WITH busy AS (
    SELECT tenant_id, endpoint_id, count(*) AS attempts FROM webhook_deliveries
    WHERE status = 'pending' AND claimed_until > $1 GROUP BY tenant_id, endpoint_id
  ), due AS (
    SELECT d.tenant_id, d.endpoint_id, d.id, d.attempts,
      row_number() OVER (PARTITION BY d.tenant_id, d.endpoint_id ORDER BY d.sequence) AS place
    FROM webhook_deliveries d
    WHERE d.status = 'pending' AND d.next_attempt_at <= $1 AND coalesce(d.claimed_until <= $1, true) AND NOT EXISTS (
      SELECT FROM webhook_deliveries older
      WHERE older.tenant_id = d.tenant_id AND older.endpoint_id = d.endpoint_id AND older.status = 'pending'
        AND older.resource_type = d.resource_type AND older.resource_id = d.resource_id AND older.sequence < d.sequence)
  )
  SELECT due.tenant_id, due.id, due.attempts FROM due LEFT JOIN busy USING (tenant_id, endpoint_id)
  WHERE due.place + coalesce(busy.attempts, 0) <= $2 ORDER BY due.place LIMIT $3`;
