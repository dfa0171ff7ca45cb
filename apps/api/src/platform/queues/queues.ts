import { jobTelemetry } from '../observability/job-telemetry.js';
import { isTracing } from '../observability/tracing.js';
import { BullModule, Processor } from '@nestjs/bullmq';
import type { DynamicModule } from '@nestjs/common';
import type { DefaultJobOptions, QueueOptions } from 'bullmq';
import type { Cluster } from 'ioredis';
import type { Config } from '#config/config';
import { keysOf } from '../keys-of.js';

const DAY_SECONDS = 24 * 60 * 60;

/** All queues. `concurrency` is how many jobs of the queue one worker runs at once. */
export const queues = {
  audit: { concurrency: 1 },
  'audit-archive': { concurrency: 1 },
  /** Few, because each job holds a connection to Postgres until it ends. */
  'data-exports': { concurrency: 2 },
  maintenance: { concurrency: 3 },
  events: { concurrency: 1 },
  outbox: { concurrency: 10 },
  usage: { concurrency: 1 },
  webhooks: { concurrency: 50 },
} as const satisfies Record<string, { concurrency: number }>;
export type QueueName = keyof typeof queues;
export const queueNames = keysOf(queues);

/** Five attempts within about 15 seconds, with jitter so that many jobs are not retried at once. A job that failed for
 *  good stays for two weeks as a dead letter. */
export const jobDefaults: DefaultJobOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 1_000, age: 14 * DAY_SECONDS },
};

/**
 * A worker renews the lock of its job while it is alive. A job whose lock has expired belongs to a dead worker. Within
 * `stalledInterval` it is given to another one. A job that stalls more than `maxStalledCount` times is given up.
 */
const workerDefaults = { lockDuration: 30_000, stalledInterval: 15_000, maxStalledCount: 3 };

/** Returns the key prefix of a queue. The braces put all keys of a queue into one slot of a Redis Cluster, as BullMQ
 *  requires. Different queues may be in different slots. */
export function queuePrefix(name: QueueName): string {
  return `{coditect:${name}}`;
}

/** Returns the options that all queues share. For a single server it passes options and not a connection, because
 *  BullMQ does not close a connection that it was given. A cluster connection is closed by QueueConnection. */
export function queueOptions(config: Pick<Config, 'queueRedisUrl'>, cluster?: Cluster): QueueOptions {
  return {
    connection: cluster ?? { url: config.queueRedisUrl, maxRetriesPerRequest: null },
    prefix: '{coditect}',
    defaultJobOptions: jobDefaults,
    ...(isTracing() && { telemetry: jobTelemetry }),
  };
}

/** Makes a queue injectable by `@InjectQueue(name)`. */
export function jobQueue(name: QueueName): DynamicModule {
  return BullModule.registerQueue({ name, prefix: queuePrefix(name) });
}

/** Marks a class as the processor of a queue. The class must extend JobProcessor. */
export function JobsOf(name: QueueName): ClassDecorator {
  return Processor(name, { ...workerDefaults, concurrency: queues[name].concurrency });
}
