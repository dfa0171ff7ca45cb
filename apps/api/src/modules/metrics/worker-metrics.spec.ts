import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from '#test/app';
import { JobQueues } from '#platform/queues/job-queues';
import { loadConfig } from '#config/config';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { MetricsServer } from './metrics-server.js';

const TOKEN = 'a-token-of-the-metrics';

let stack: TestStack;
let worker: INestApplicationContext;
beforeAll(async () => {
  stack = await startStack();
  worker = await start({ WORKER_METRICS_PORT: '0', METRICS_TOKEN: TOKEN });
});
afterAll(async () => {
  await worker.close();
  await stack.stop();
});

async function start(env: NodeJS.ProcessEnv): Promise<INestApplicationContext> {
  const config = loadConfig({ ...stack.env, ...env });
  return NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger: processLogger(config) });
}
const get = (route: string, token = TOKEN) =>
  fetch(`http://127.0.0.1:${worker.get(MetricsServer).port}${route}`, {
    headers: { authorization: `Bearer ${token}` },
  });
const scrape = async () => (await get('/metrics')).text();
async function value(metric: string): Promise<number> {
  const line = (await scrape()).split('\n').find((text) => text.startsWith(`${metric} `));
  return Number(line?.slice(metric.length));
}

describe('the metrics of a worker', () => {
  it('show how many jobs each queue has, and how long the oldest has waited', async () => {
    const queue = worker.get(JobQueues).of('maintenance');
    const busy = async () => Object.values(await queue.getJobCounts('waiting', 'active'));
    await expect.poll(busy, { timeout: 20_000 }).toEqual([0, 0]); // the jobs of every start are done
    await queue.pause();
    const waited = { timestamp: Date.now() - 60_000 };
    await queue.add('audit-partitions', { system: true }, waited);
    await queue.add('audit-partitions', { system: true });
    expect(await value('queue_jobs{queue="maintenance",state="waiting"}')).toBe(2);
    const age = await value('queue_oldest_waiting_age_seconds{queue="maintenance"}');
    expect(age).toBeGreaterThanOrEqual(60);
    expect(age).toBeLessThan(120);
    await queue.resume();
    await expect.poll(() => value('queue_jobs{queue="maintenance",state="waiting"}'), { timeout: 20_000 }).toBe(0);
    expect(await value('queue_oldest_waiting_age_seconds{queue="maintenance"}')).toBe(0);
    for (const name of ['audit', 'outbox']) expect(await value(`queue_jobs{queue="${name}",state="failed"}`)).toBe(0);
  });

  it('include those of the process, Postgres and Redis', async () => {
    expect(await value('postgres_up')).toBe(1);
    expect(await value('redis_up')).toBe(1);
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('can be read with the token, at one path only', async () => {
    const answers = await Promise.all([get('/metrics'), get('/metrics', 'another one'), get('/')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404]);
    expect(answers[0].headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('are not served without a port', async () => {
    const other = await start({});
    expect(other.get(MetricsServer).port).toBeUndefined();
    await other.close();
  });
});
