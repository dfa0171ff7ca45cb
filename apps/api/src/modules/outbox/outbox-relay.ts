import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { Queue } from 'bullmq';
import { Clock } from '#platform/clock';
import { OutboxHandlers } from './outbox.js';
import type { OutboxRef } from './outbox-delivery.js';

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 200;

/**
 * Relays what use cases wrote into the outbox. The row is the message; the job only says where to look, so that nothing is
 * lost with Redis: a message whose job vanished is found again.
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

  /** Makes a job of each message that is due. The queues are looked at one by one: many messages that wait for one of them
   *  hide none of the other's. */
  async relay(): Promise<void> {
    const long = this.handlers.topicsOf('data-exports');
    await this.relayTo(this.outbox, { notIn: long }); // and what nobody knows
    await this.relayTo(this.dataExports, { in: long });
  }

  /** A job already there is not made twice: its id tells the attempt. */
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
          ...{ jobId: `${id}-${attempts}`, removeOnComplete: true, removeOnFail: true },
          ...(traceparent && { telemetry: { metadata: traceparent } }), // of the request, not of this look
        },
      })),
    );
  }
}
