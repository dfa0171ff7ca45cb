import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Queue, QueueEvents } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import { isDropped, newMonth, sealEntries } from '#test/audit-archives';
import { loadConfig } from '#config/config';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { JobQueues } from '#platform/queues/job-queues';
import { JobSchedules } from '#modules/schedules/job-schedules';
import { queuePrefix } from '#platform/queues/queues';

const AUDIT_ARCHIVE = 'audit-archive';

let stack: TestStack;
let api: TestApp;
let worker: INestApplicationContext;
let queue: Queue;
let events: QueueEvents;
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
  const config = loadConfig(stack.env);
  worker = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger: processLogger(config) });
  queue = worker.get(JobQueues).of(AUDIT_ARCHIVE);
  events = new QueueEvents(AUDIT_ARCHIVE, { connection: { url: config.redisUrl }, prefix: queuePrefix(AUDIT_ARCHIVE) });
  await events.waitUntilReady();
});
afterAll(async () => {
  await events.close();
  await worker.close();
  await api.stop();
  await stack.stop();
});

describe('the worker', () => {
  it('archives months that are old enough, once', async () => {
    const [{ id }, month] = [await api.factory.tenant(), await newMonth(api)];
    await sealEntries(api, id, month, 3);
    const run = async () => (await queue.add(AUDIT_ARCHIVE, { system: true })).waitUntilFinished(events, 20_000);
    expect(await run()).toEqual({ archived: [month], erased: 0, deleted: 0, strays: 0 });
    expect(await isDropped(api, month)).toBe(true);
    expect(await run()).toEqual({ archived: [], erased: 0, deleted: 0, strays: 0 });
  });

  it('does nothing while another worker is archiving', async () => {
    await api.db.systemExclusive('audit_archive', async () => {
      const job = await queue.add(AUDIT_ARCHIVE, { system: true });
      expect(await job.waitUntilFinished(events, 20_000)).toEqual({ running_elsewhere: true });
    });
  });

  it('archives daily at 02:00 UTC, and restores the schedule after Redis has lost it', async () => {
    const schedules = async () => (await queue.getJobSchedulers()).map(({ key, pattern, tz }) => [key, pattern, tz]);
    const daily = [['audit-archive', '0 2 * * *', 'UTC']];
    expect(await schedules()).toEqual(daily);
    await api.redis.flushall();
    expect(await schedules()).toEqual([]);
    await worker.get(JobSchedules).keep(); // a worker does this every minute
    expect(await schedules()).toEqual(daily);
  });
});
