import { Injectable } from '@nestjs/common';
import type { Prisma } from '@coditect/db/generated/prisma/client';
import type { OutboxMessage } from '@coditect/db/generated/prisma/client';
import type { QueueName } from '#platform/queues/queues';

/** Handles the messages of one topic. It must be idempotent: if a worker dies after the effect but before recording it,
 *  the message is handled again. */
export interface OutboxHandler {
  /** The queue of its jobs. Long work has its own queue, so that it does not delay mails. */
  queue: Extract<QueueName, 'outbox' | 'data-exports'>;
  /** Runs as the message's tenant, outside of any transaction. If it throws, it is tried again later. */
  handle(message: OutboxMessage): Promise<void>;
  /** Replaces the payload once the message is done. Set it if the payload holds secrets. */
  forget?: Prisma.InputJsonObject;
}

/** The handlers by topic. Modules register theirs when they start. */
@Injectable()
export class OutboxHandlers {
  private readonly byTopic = new Map<string, OutboxHandler>();

  /** @throws Error if the topic has a handler already */
  register(topic: string, handler: OutboxHandler): void {
    if (this.byTopic.has(topic)) throw new Error(`the outbox topic ${topic} has two handlers`);
    this.byTopic.set(topic, handler);
  }

  /** Returns the topics whose jobs go to a queue. */
  topicsOf(queue: OutboxHandler['queue']): string[] {
    return [...this.byTopic].flatMap(([topic, handler]) => (handler.queue === queue ? topic : []));
  }

  /** @throws Error for an unknown topic */
  of(topic: string): OutboxHandler {
    const handler = this.byTopic.get(topic);
    if (!handler) throw new Error(`the outbox topic ${topic} has no handler`);
    return handler;
  }
}
