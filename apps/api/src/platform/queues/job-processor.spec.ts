import { randomUUID } from 'node:crypto';
import { BullModule, InjectQueue } from '@nestjs/bullmq';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type LocalRedis, startRedis } from '@coditect/local-stack/redis';
import { type Job, type JobsOptions, type Queue, QueueEvents } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { currentRequest, type RequestContext } from '../request-context.js';
import { JobProcessor } from './job-processor.js';
import { jobQueue, JobsOf, queueOptions, queuePrefix } from './queues.js';

const contexts: RequestContext[] = [];

@JobsOf('maintenance')
class RememberingJobs extends JobProcessor {
  constructor(@InjectQueue('maintenance') readonly queue: Queue) {
    super();
  }

  protected override async handle(job: Job): Promise<void> {
    await Promise.resolve();
    contexts.push(currentRequest());
    if (job.name === 'fails') throw new Error('not today');
  }
}

let redis: LocalRedis;
let app: INestApplicationContext;
let events: QueueEvents;
let queue: Queue;
beforeAll(async () => {
  redis = await startRedis();
  @Module({
    imports: [BullModule.forRoot(queueOptions({ queueRedisUrl: redis.url })), jobQueue('maintenance')],
    providers: [RememberingJobs],
  })
  class QueueModule {}
  app = await NestFactory.createApplicationContext(QueueModule, { logger: false });
  ({ queue } = app.get(RememberingJobs));
  events = new QueueEvents('maintenance', { connection: { url: redis.url }, prefix: queuePrefix('maintenance') });
  await events.waitUntilReady();
});
afterAll(async () => {
  await events.close();
  await app.close();
  await redis.stop();
});
beforeEach(() => {
  contexts.length = 0;
});

async function run(name: string, data: object, opts: JobsOptions = {}): Promise<Job> {
  const job = await queue.add(name, data, opts);
  await job.waitUntilFinished(events, 10_000).catch(() => {});
  return (await queue.getJob(job.id!))!;
}

describe('given a job that names its scope', () => {
  it('of a tenant, then it runs as that tenant', async () => {
    const tenantId = randomUUID();
    const { id } = await run('works', { tenantId });
    expect(contexts).toEqual([{ requestId: id, tenantId, actor: { type: 'system' } }]);
  });

  it('of the system, then it runs without a tenant', async () => {
    const { id } = await run('works', { system: true });
    expect(contexts).toEqual([{ requestId: id, actor: { type: 'system' } }]);
  });
});

describe.each([
  ['names no scope', {}],
  ['names a tenant that is no UUID', { tenantId: 'acme' }],
  ['says that it is not of the system', { system: false }],
  ['names both a tenant and the system', { tenantId: randomUUID(), system: true }],
])('given a job that %s', (_, data) => {
  it('then it fails at once, without a retry', async () => {
    const job = await run('works', data);
    expect(await job.getState()).toBe('failed');
    expect(job).toMatchObject({
      attemptsMade: 1,
      failedReason: 'job works names neither its tenant nor the system',
    });
    expect(contexts).toEqual([]);
  });
});

describe('given a job that fails', () => {
  it('then it is retried, and becomes a dead letter after its last attempt', async () => {
    const job = await run('fails', { system: true }, { backoff: { type: 'fixed', delay: 1 } });
    expect(await job.getState()).toBe('failed');
    expect(job).toMatchObject({ attemptsMade: 5, failedReason: 'not today' });
    expect(contexts).toHaveLength(5);
  });

  it('then its retries wait longer each time, with jitter', async () => {
    const { opts } = await queue.add('works', { system: true });
    expect(opts).toMatchObject({ attempts: 5, backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } });
  });
});
