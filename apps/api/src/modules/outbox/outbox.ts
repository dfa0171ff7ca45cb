import { Injectable } from '@nestjs/common';
import type { Prisma } from '@coditect/db/generated/prisma/client';
import type { OutboxMessage } from '@coditect/db/generated/prisma/client';
import type { QueueName } from '#platform/queues/queues';

/** What a worker does with the messages of one topic. It may be called again for a message whose effect was done, when
 *  the worker died before it could say so: doing it twice must be harmless. */
export interface OutboxHandler {
  /** Which queue it waits in. What can take long has one of its own, so that no mail waits for it. */
  queue: Extract<QueueName, 'outbox' | 'data-exports'>;
  /** Runs as the message's tenant, outside of any transaction. A failure is tried again later. */
  handle(message: OutboxMessage): Promise<void>;
  /** What stays of the payload once it is done, where the payload holds secrets. */
  forget?: Prisma.InputJsonObject;
}

/** Which handler a topic has. Modules register theirs when they start. */
@Injectable()
export class OutboxHandlers {
  private readonly byTopic = new Map<string, OutboxHandler>();

  /** @throws Error for a topic that has one already */
  register(topic: string, handler: OutboxHandler): void {
    if (this.byTopic.has(topic)) throw new Error(`the outbox topic ${topic} has two handlers`);
    this.byTopic.set(topic, handler);
  }

  topicsOf(queue: OutboxHandler['queue']): string[] {
    return [...this.byTopic].flatMap(([topic, handler]) => (handler.queue === queue ? topic : []));
  }

  /** @throws Error for an unknown topic */
  of(topic: string): OutboxHandler {
    const handler = this.byTopic.get(topic);
    if (!handler) throw new Error(`nobody handles the outbox topic ${topic}`);
    return handler;
  }
}
