import { jobTelemetry } from '../observability/job-telemetry.js';
import { isTracing } from '../observability/tracing.js';
import { BullModule, Processor } from '@nestjs/bullmq';
import type { DynamicModule } from '@nestjs/common';
import type { DefaultJobOptions, QueueOptions } from 'bullmq';
import type { Cluster } from 'ioredis';
import type { Config } from '#config/config';

const DAY_SECONDS = 24 * 60 * 60;

/** Every queue, and how many of its jobs one worker runs at once. */
export const queues = {
  audit: { concurrency: 1 },
  'audit-archive': { concurrency: 1 },
  /** Each holds a connection to Postgres for as long as it takes. */
  'data-exports': { concurrency: 2 },
  maintenance: { concurrency: 3 },
  events: { concurrency: 1 },
  outbox: { concurrency: 10 },
  usage: { concurrency: 1 },
  webhooks: { concurrency: 50 },
} as const satisfies Record<string, { concurrency: number }>;
export type QueueName = keyof typeof queues;
export const queueNames = Object.keys(queues) as QueueName[];

/** Five attempts within about 15 seconds, apart by chance so that many jobs do not come back at once. What failed for
 *  good stays for two weeks, as a dead letter. */
export const jobDefaults: DefaultJobOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 1_000, age: 14 * DAY_SECONDS },
};

/**
 * A worker renews the lock of its job while it lives. A job whose lock has run out was left by a dead one: the next look,
 * at the latest after `stalledInterval`, gives it to another. A job that took three workers with it is given up.
 */
const workerDefaults = { lockDuration: 30_000, stalledInterval: 15_000, maxStalledCount: 3 };

/** In braces: the keys of one queue share a slot of a Redis Cluster, those of different queues need not. */
export function queuePrefix(name: QueueName): string {
  return `{coditect:${name}}`;
}

/** Options of the Redis that holds the queues, for all of them. Not a connection unless it is to a cluster: one handed in
 *  stays open (see QueueConnection). */
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

/** Marks a class as the one that does the jobs of a queue. It extends JobProcessor. */
export function JobsOf(name: QueueName): ClassDecorator {
  return Processor(name, { ...workerDefaults, concurrency: queues[name].concurrency });
}
