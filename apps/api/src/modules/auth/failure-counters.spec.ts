import { randomUUID } from 'node:crypto';
import { type LocalRedis, startRedis } from '@coditect/local-stack/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from '../../platform/clock.js';
import { RedisConnection } from '../../platform/redis.js';
import { FailureCounters, type FailureRule } from './failure-counters.js';

const RULE: FailureRule = { free: 3, waitMs: 30_000, longestWaitMs: 100_000, windowMs: 3_600_000 };
/** Nobody listens there. */
const NOWHERE = 'redis://127.0.0.1:1';

/** Time that passes only when it is told to. */
class StillClock extends Clock {
  private readonly began = Date.now();
  override now(): Date {
    return new Date(this.began + this.offsetMs);
  }
}

describe.each(['in Redis', 'without Redis'])('counting failures %s', (where) => {
  let server: LocalRedis;
  let redis: RedisConnection;
  let counters: FailureCounters;
  const clock = new StillClock();
  beforeAll(async () => {
    server = await startRedis();
    redis = new RedisConnection(where === 'in Redis' ? server.url : NOWHERE);
    await redis.waitUntilReady(where === 'in Redis' ? 3_000 : 0);
    counters = new FailureCounters(redis, clock);
  });
  afterAll(async () => {
    await redis.onApplicationShutdown();
    await server.stop();
  });

  const newKey = () => `failures:${randomUUID()}`;
  const waitOf = async (key: string) => (await counters.take(key, RULE)).waitMs;
  async function fail(key: string, times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) expect(await waitOf(key)).toBe(0);
  }

  it('costs nothing for the first, then a wait that doubles up to the longest', async () => {
    const key = newKey();
    await fail(key, 3);
    for (const seconds of [30, 60, 100, 100]) {
      expect(await waitOf(key)).toBe(seconds * 1000);
      clock.offsetMs += seconds * 1000 - 1;
      expect(await waitOf(key)).toBe(1);
      clock.offsetMs += 1;
      await fail(key, 1);
    }
  });

  it('does not count who is refused', async () => {
    const key = newKey();
    await fail(key, 3);
    for (let i = 0; i < 20; i += 1) expect(await waitOf(key)).toBe(30_000);
    clock.offsetMs += 30_000;
    await fail(key, 1);
    expect(await waitOf(key)).toBe(60_000);
  });

  it('lets no more of many at once through than one after the other', async () => {
    const key = newKey();
    const waits = await Promise.all(Array.from({ length: 20 }, () => waitOf(key)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
  });

  it('takes an attempt back that did not fail, with its wait', async () => {
    const key = newKey();
    await fail(key, 3);
    clock.offsetMs += 30_000;
    const attempt = await counters.take(key, RULE);
    expect(attempt.waitMs).toBe(0);
    await counters.giveBack(key, attempt);
    await fail(key, 1);
    expect(await waitOf(key)).toBe(60_000);
  });

  it('keeps the wait of a failure that came after the attempt taken back', async () => {
    const key = newKey();
    const attempt = await counters.take(key, RULE);
    clock.offsetMs += 1;
    await fail(key, 2);
    await counters.giveBack(key, attempt);
    await fail(key, 1);
    expect(await waitOf(key)).toBe(30_000);
  });

  it('begins anew when the window is over, and when it is cleared', async () => {
    const key = newKey();
    await fail(key, 3);
    clock.offsetMs += RULE.windowMs;
    await fail(key, 3);
    expect(await waitOf(key)).toBe(30_000);
    await counters.clear(key);
    await fail(key, 3);
    expect(await waitOf(key)).toBe(30_000);
  });

  it('counts each key for itself', async () => {
    const [one, other] = [newKey(), newKey()];
    await fail(one, 3);
    expect([await waitOf(one), await waitOf(other)]).toEqual([30_000, 0]);
  });
});
