import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import { eventually } from '#test/drills/eventually';
import { pastSessions } from '#test/usage-history';
import { loadConfig } from '#config/config';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { JobQueues } from '#platform/queues/job-queues';
import { JobSchedules } from '#modules/schedules/job-schedules';
import { schedules as planned } from '#modules/schedules/schedules';

const HOUR_MS = 3_600_000;
const SAMPLE_MS = 300_000;
/** Five minutes are sampled one minute after their end. */
const SETTLED_MS = 60_000;

let stack: TestStack;
let api: TestApp;
let workers: INestApplicationContext[] = [];
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await api.stop();
  await stack.stop();
});

describe('given two workers that start an hour after the last sample', () => {
  it('then the samples of that hour are made up at once, each only once, and can be read', async () => {
    const settled = Math.floor((Date.now() - SETTLED_MS) / SAMPLE_MS) * SAMPLE_MS;
    const hourAgo = new Date(settled - HOUR_MS);
    const { license, member, viewer } = await api.factory.tenant({ createdAt: hourAgo, validFrom: hourAgo });
    await pastSessions(api, license, [{ user: member, start: hourAgo, leaseEnd: new Date(Date.now() + HOUR_MS) }]);
    const config = loadConfig(stack.env);
    const start = () =>
      NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger: processLogger(config) });
    workers = await Promise.all([start(), start()]);

    const route = `analytics/usage?bucket=5m&from=${new Date(Date.now() - 3 * HOUR_MS).toISOString()}&to=${new Date(settled).toISOString()}`;
    await eventually(async () => {
      const { body } = await api.get(route, viewer.accessToken).expect(200);
      expect((body as { series: { peak: number }[] }).series.map(({ peak }) => peak)).toEqual(Array(12).fill(1));
    }, 15_000);
  });

  it.each(planned)('then a worker has the service of $name', ({ service }) => {
    expect(workers[0]!.get(service, { strict: false })).toBeInstanceOf(service);
  });

  it('then both share the schedules, and they are restored after Redis has lost them', async () => {
    const queue = workers[0]!.get(JobQueues).of('usage');
    const schedules = async () => (await queue.getJobSchedulers()).map(({ key }) => key).toSorted();
    expect(await schedules()).toEqual(['usage-retention', 'usage-sample']);
    const next = (await queue.getJobScheduler('usage-sample'))!.next!;
    expect(new Date(next).getUTCMinutes() % 5).toBe(1);
    await api.redis.flushall();
    expect(await schedules()).toEqual([]);
    await workers[0]!.get(JobSchedules).keep(); // a worker does this every minute
    expect(await schedules()).toEqual(['usage-retention', 'usage-sample']);
  });
});
