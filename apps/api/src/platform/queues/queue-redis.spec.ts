import { NestFactory } from '@nestjs/core';
import { type LocalRedis, startRedis } from '@coditect/local-stack/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { eventually } from '#test/drills/eventually';
import { loadConfig } from '#config/config';
import { processLogger } from '../observability/process.js';
import { WorkerModule } from '#worker.module';
import { queueNames } from './queues.js';

let api: TestApp;
let queueRedis: LocalRedis;
beforeAll(async () => {
  [api, queueRedis] = await Promise.all([TestApp.start(), startRedis()]);
});
afterAll(async () => {
  await queueRedis.stop();
  await api.stop();
});

it('queues use their own Redis if one is configured, each in its own cluster slot; seats do not use it', async () => {
  const config = loadConfig({ ...api.stack.env, QUEUE_REDIS_URL: queueRedis.url });
  const worker = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), {
    logger: processLogger(config),
  });
  const { member } = await api.factory.tenant();
  await api.takeSeat(member);
  const inQueues = new Redis(queueRedis.url);
  try {
    await eventually(async () => {
      const slots = new Set((await inQueues.keys('*')).map((key) => key.slice(0, key.indexOf('}') + 1)));
      expect([...slots].toSorted()).toEqual(queueNames.map((name) => `{coditect:${name}}`).toSorted());
    });
    const elsewhere = await api.redis.keys('*');
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(elsewhere.filter((key) => key.includes('coditect'))).toEqual([]);
  } finally {
    inQueues.disconnect();
    await worker.close();
  }
});

it('without one, queues share the Redis of the seats', () => {
  expect(loadConfig(api.stack.env).queueRedisUrl).toBe(api.stack.redis.url);
});
