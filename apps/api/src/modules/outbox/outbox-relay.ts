import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Queue } from 'bullmq';
import { Clock } from '#platform/clock';
import { OutboxHandlers } from './outbox-handlers.js';
import type { OutboxRef } from './outbox-delivery.js';

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 200;

/**
 * Adds jobs for the messages that use cases wrote into the outbox. The message is a row in Postgres; the job in Redis
 * only names it. So losing Redis loses no message: one whose job has vanished is found again (decision record 0009).
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('outbox');
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    @InjectQueue('outbox') private readonly outbox: Queue<OutboxRef>,
    @InjectQueue('data-exports') private readonly dataExports: Queue<OutboxRef>,
    private readonly handlers: OutboxHandlers,
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

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

  /** Adds a job for each due message. Messages are read per queue, so that a backlog of one queue does not hide
   *  messages of the other. */
  async relay(): Promise<void> {
    const long = this.handlers.topicsOf('data-exports');
    await this.relayTo(this.outbox, { notIn: long }); // including unknown topics, which fail there
    await this.relayTo(this.dataExports, { in: long });
  }

  /** The job id names message and attempt, so BullMQ ignores a job it already has. */
  private async relayTo(queue: Queue<OutboxRef>, topic: { in: string[] } | { notIn: string[] }): Promise<void> {
    const due = await this.db.system.outboxMessage.findMany({
      where: { topic, publishedAt: null, deadAt: null, availableAt: { lte: this.clock.now() } },
      select: { tenantId: true, id: true, topic: true, attempts: true, traceparent: true },
      orderBy: { createdAt: 'asc' },
      take: AT_ONCE,
    });
    if (due.length === 0) return;
    await queue.addBulk(
      due.map(({ tenantId, id, topic: name, attempts, traceparent }) => ({
        name,
        data: { tenantId, id },
        opts: {
          jobId: `${id}-${attempts}`,
          removeOnComplete: true,
          removeOnFail: true,
          ...(traceparent && { telemetry: { metadata: traceparent } }), // of the request that wrote the message
        },
      })),
    );
  }
}
