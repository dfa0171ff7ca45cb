import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Queue } from 'bullmq';
import { Config } from '#config/config';
import { QueueConnection } from './queue-connection.js';
import { type QueueName, queueNames, queueOptions, queuePrefix } from './queues.js';

/** Access to all queues, to schedule and inspect jobs. The process need not work on them. */
@Injectable()
export class JobQueues implements OnApplicationShutdown {
  private readonly open = new Map<QueueName, Queue>();
  private connection: QueueConnection | undefined;

  constructor(private readonly config: Config) {}

  /** Returns a queue, opening it on first use. */
  of(name: QueueName): Queue {
    const known = this.open.get(name);
    if (known) return known;
    this.connection ??= new QueueConnection(this.config);
    const queue = new Queue(name, { ...queueOptions(this.config, this.connection.cluster), prefix: queuePrefix(name) });
    queue.on('error', () => {}); // callers get the error; without a listener the event would end the process
    this.open.set(name, queue);
    return queue;
  }

  /** Returns all queues. */
  all(): Queue[] {
    return queueNames.map((name) => this.of(name));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.open.values()].map((queue) => queue.close()));
    this.connection?.onApplicationShutdown();
  }
}
