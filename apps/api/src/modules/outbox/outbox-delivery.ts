import { Injectable, Logger } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import type { OutboxMessage } from '@coditect/db/generated/prisma/client';
import { Prisma } from '@coditect/db/generated/prisma/client';
import { Clock } from '#platform/clock';
import { requestStore } from '#platform/request-context';
import { OutboxHandlers } from './outbox-handlers.js';

/** How long a claim lasts. If a worker dies, another one takes the message over after this time. */
export const CLAIM_MS = 120_000;
const RENEW_EVERY_MS = CLAIM_MS / 3;
/** A claim is not renewed for longer than this: an attempt that is still running then is stuck. */
const LONGEST_ATTEMPT_MS = 6 * 60 * 60 * 1000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 6 * 60 * 60 * 1000;
/** After this many failed attempts, which take about two days, the message becomes a dead letter. */
export const MAX_ATTEMPTS = 18;

/** Names an outbox message. It is the data of its job. */
export interface OutboxRef {
  tenantId: string;
  id: string;
}

/** Returns the wait after failed attempt number `attempts`, in ms. It doubles from 5 seconds up to 6 hours. */
export function retryDelayMs(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
}

/** Handles one message. It claims the row in Postgres first, so that a job that runs twice handles the message once. */
@Injectable()
export class OutboxDelivery {
  /** The time between two renewals of a claim, in ms. Only tests lower it. */
  renewEveryMs = RENEW_EVERY_MS;
  private readonly logger = new Logger('outbox');

  constructor(
    private readonly db: Database,
    private readonly handlers: OutboxHandlers,
    private readonly clock: Clock,
  ) {}

  /** Returns the result; `taken` if the message is done, dead or claimed by another worker. */
  async deliver({ tenantId, id }: OutboxRef): Promise<'done' | 'failed' | 'taken'> {
    const message = await this.claim(tenantId, id);
    if (!message) return 'taken';
    if (message.attempts > MAX_ATTEMPTS) {
      // All attempts have been used up. If the last one had failed, the message would be a dead letter already. So its
      // worker died during the attempt, and another attempt could kill this worker too.
      await this.failed(message, new Error('the workers that tried have died'));
      return 'failed';
    }
    const context = { requestId: id, tenantId, actor: { type: 'system' as const } };
    try {
      const handler = this.handlers.of(message.topic);
      await this.whileClaimed(message, () => requestStore.run(context, async () => handler.handle(message)));
      await this.db.system.outboxMessage.update({
        where: { tenantId_id: { tenantId, id } },
        data: { publishedAt: this.clock.now(), lastError: null, ...(handler.forget && { payload: handler.forget }) },
      });
      return 'done';
    } catch (error) {
      await this.failed(message, error);
      return 'failed';
    }
  }

  /** Claims the message for CLAIM_MS; undefined if it cannot be claimed now. */
  private async claim(tenantId: string, id: string): Promise<OutboxMessage | undefined> {
    const now = this.clock.now();
    const [message] = await this.db.system.outboxMessage.updateManyAndReturn({
      where: { tenantId, id, publishedAt: null, deadAt: null, availableAt: { lte: now } },
      data: { availableAt: new Date(now.getTime() + CLAIM_MS), attempts: { increment: 1 } },
    });
    return message;
  }

  /** Renews the claim while the work runs. So a long attempt stays with its worker and counts as one. */
  private async whileClaimed({ tenantId, id, attempts }: OutboxMessage, work: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    let renewed: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      if (performance.now() - begun > LONGEST_ATTEMPT_MS) return;
      const data = { availableAt: new Date(this.clock.now().getTime() + CLAIM_MS) };
      renewed = this.db.system.outboxMessage
        .updateMany({ where: { tenantId, id, attempts, publishedAt: null, deadAt: null }, data })
        .catch((error: unknown) => this.logger.warn({ msg: 'claim not renewed', id, err: String(error) }));
    }, this.renewEveryMs);
    try {
      await work();
    } finally {
      clearInterval(timer);
      await renewed; // otherwise it could overwrite the time of the next attempt
    }
  }

  private async failed({ tenantId, id, topic, attempts }: OutboxMessage, error: unknown): Promise<void> {
    const now = this.clock.now();
    const dead = attempts >= MAX_ATTEMPTS;
    const lastError = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    this.logger[dead ? 'error' : 'warn']({
      msg: dead ? 'outbox message given up' : 'outbox message failed',
      topic,
      tenant_id: tenantId,
      id,
      attempts,
      err: lastError,
    });
    await this.db.system.outboxMessage.updateMany({
      // `attempts` has changed if another worker has taken the message over; then leave it alone.
      where: { tenantId, id, attempts, publishedAt: null } satisfies Prisma.OutboxMessageWhereInput,
      data: {
        lastError,
        ...(dead ? { deadAt: now } : { availableAt: new Date(now.getTime() + retryDelayMs(attempts)) }),
      },
    });
  }
}
