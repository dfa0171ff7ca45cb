import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import { writeEntries } from '#test/audit-entries';
import { eventually } from '#test/drills/eventually';
import { loadConfig } from '#config/config';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { JobQueues } from '#platform/queues/job-queues';
import { JobSchedules } from '#modules/schedules/job-schedules';

let stack: TestStack;
let api: TestApp;
let workers: INestApplicationContext[];
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
  const config = loadConfig(stack.env);
  const start = () =>
    NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger: processLogger(config) });
  workers = await Promise.all([start(), start()]);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await api.stop();
  await stack.stop();
});

describe('given two workers, when several tenants have written audit entries', () => {
  it('then the schedule seals all of them within seconds', async () => {
    const tenants = await Promise.all(Array.from({ length: 3 }, () => api.factory.tenant()));
    for (const { id } of tenants) await writeEntries(api, id, [{}, {}]);
    await eventually(async () => {
      expect(await api.db.system.auditLog.count({ where: { sequence: null } })).toBe(0);
    }, 15_000);
    for (const { owner } of tenants) {
      const { body } = await api.get('audit-logs/verify', owner.accessToken).expect(200);
      expect(body).toMatchObject({ valid: true, entries: 2 });
    }
  });

  it('then both share one schedule, and it is restored after Redis has lost it', async () => {
    const queue = workers[0]!.get(JobQueues).of('audit');
    const schedules = async () => (await queue.getJobSchedulers()).map(({ key, every }) => [key, Number(every)]);
    expect(await schedules()).toEqual([['audit-seal', 5_000]]);
    await api.redis.flushall();
    expect(await schedules()).toEqual([]);
    await workers[0]!.get(JobSchedules).keep(); // a worker does this every minute
    expect(await schedules()).toEqual([['audit-seal', 5_000]]);
  });
});
