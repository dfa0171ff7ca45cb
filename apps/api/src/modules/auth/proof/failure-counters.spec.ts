import { randomUUID } from 'node:crypto';
import { type LocalRedis, startRedis } from '@coditect/local-stack/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from '#platform/clock';
import { RedisConnection } from '#platform/redis/redis-connection';
import { FailureCounters } from './failure-counters.js';
import type { Counter, FailureRule } from './failure-rule.js';

const RULE: FailureRule = { free: 3, atOnce: 8, waitMs: 30_000, longestWaitMs: 100_000, windowMs: 3_600_000 };
/** An address where no server listens. */
const NOWHERE = 'redis://127.0.0.1:1';

/** A clock that stands still until a test moves it. */
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
  /** Returns the wait of an attempt, without making it. */
  async function waitOf(key: string): Promise<number> {
    const attempt = await counters.take(key, RULE);
    if (attempt.waitMs === 0) await counters.settle(key, RULE, attempt, false);
    return attempt.waitMs;
  }
  async function fail(key: string, times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) {
      const attempt = await counters.take(key, RULE);
      expect(attempt.waitMs).toBe(0);
      await counters.settle(key, RULE, attempt, true);
    }
  }
  const takeAtOnce = async (key: string, times: number) =>
    (await Promise.all(Array.from({ length: times }, () => counters.take(key, RULE)))).filter(
      ({ waitMs }) => waitMs === 0,
    );

  it('costs nothing for the first ones, then a wait that doubles up to the longest', async () => {
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

  it('does not count refused attempts', async () => {
    const key = newKey();
    await fail(key, 3);
    for (let i = 0; i < 20; i += 1) expect(await waitOf(key)).toBe(30_000);
    clock.offsetMs += 30_000;
    await fail(key, 1);
    expect(await waitOf(key)).toBe(60_000);
  });

  it('limits concurrent attempts together with the failures so far', async () => {
    const key = newKey();
    await fail(key, 2);
    const taken = await takeAtOnce(key, 20);
    expect(taken).toHaveLength(RULE.atOnce - 2);
    for (const attempt of taken) await counters.settle(key, RULE, attempt, true);
    expect(await waitOf(key)).toBe(100_000);
  });

  it('allows one attempt at a time after a wait', async () => {
    const key = newKey();
    await fail(key, 3);
    clock.offsetMs += 30_000;
    expect(await takeAtOnce(key, 20)).toHaveLength(1);
  });

  it('does not count successful attempts, however many at once', async () => {
    const key = newKey();
    for (let i = 0; i < 5; i += 1) {
      const taken = await takeAtOnce(key, RULE.atOnce);
      expect(taken).toHaveLength(RULE.atOnce);
      for (const attempt of taken) await counters.settle(key, RULE, attempt, false);
    }
    await fail(key, 3);
    expect(await waitOf(key)).toBe(30_000);
  });

  it('drops an attempt of a process that died, after a minute', async () => {
    const key = newKey();
    await fail(key, 3);
    clock.offsetMs += 30_000;
    expect(await takeAtOnce(key, 1)).toHaveLength(1);
    expect(await waitOf(key)).toBe(1_000);
    clock.offsetMs += 60_000;
    expect(await waitOf(key)).toBe(0);
  });

  it('keeps running attempts when the failures are cleared', async () => {
    const key = newKey();
    await takeAtOnce(key, RULE.atOnce);
    await counters.clear(key);
    expect(await takeAtOnce(key, 20)).toHaveLength(0);
  });

  it('starts again from zero when the window is over, and when it is cleared', async () => {
    const key = newKey();
    await fail(key, 3);
    clock.offsetMs += RULE.windowMs;
    await fail(key, 3);
    expect(await waitOf(key)).toBe(30_000);
    await counters.clear(key);
    await fail(key, 3);
    expect(await waitOf(key)).toBe(30_000);
  });

  it('counts each key separately', async () => {
    const [one, other] = [newKey(), newKey()];
    await fail(one, 3);
    expect([await waitOf(one), await waitOf(other)]).toEqual([30_000, 0]);
  });
});

describe('two processes with the same Redis', () => {
  let server: LocalRedis;
  let connections: RedisConnection[];
  let processes: FailureCounters[];
  const clock = new StillClock();
  beforeAll(async () => {
    server = await startRedis();
    connections = [new RedisConnection(server.url), new RedisConnection(server.url)];
    await Promise.all(connections.map((redis) => redis.waitUntilReady(3_000)));
    processes = connections.map((redis) => new FailureCounters(redis, clock));
  });
  afterAll(async () => {
    await Promise.all(connections.map((redis) => redis.onApplicationShutdown()));
    await server.stop();
  });

  /** Each guess fails, and ends while others begin. Returns how many were allowed. */
  async function guessAtOnce(key: string, times: number): Promise<number> {
    const waits = await Promise.all(
      Array.from({ length: times }, async (_, i) => {
        const counters = processes[i % processes.length]!;
        const attempt = await counters.take(key, RULE);
        if (attempt.waitMs === 0) await counters.settle(key, RULE, attempt, true);
        return attempt.waitMs;
      }),
    );
    return waits.filter((waitMs) => waitMs === 0).length;
  }
  const stored = async (key: string): Promise<Counter> =>
    JSON.parse((await connections[0]!.use(key, (redis) => redis.get(key))) ?? 'null');

  it('allow no more of 50 concurrent guesses than the rule says, and count each of those', async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = `failures:${randomUUID()}`;
      const made = await guessAtOnce(key, 50);
      expect(made).toBeGreaterThanOrEqual(RULE.free);
      expect(made).toBeLessThanOrEqual(RULE.atOnce);
      expect(await stored(key)).toMatchObject({ failures: made, attempts: {} });
    }
  });

  it('allow one of 50 concurrent guesses when a wait is over', async () => {
    const key = `failures:${randomUUID()}`;
    const made = await guessAtOnce(key, 50);
    clock.offsetMs += RULE.longestWaitMs;
    expect(await guessAtOnce(key, 50)).toBe(1);
    expect(await stored(key)).toMatchObject({ failures: made + 1 });
  });

  it('share the limit of concurrent attempts, and lose none that ends', async () => {
    const key = `failures:${randomUUID()}`;
    const take = (i: number) => processes[i % 2]!.take(key, RULE);
    const attempts = await Promise.all(Array.from({ length: 50 }, (_, i) => take(i)));
    const underWay = attempts.filter(({ waitMs }) => waitMs === 0);
    expect(underWay).toHaveLength(RULE.atOnce);
    await Promise.all(underWay.map((attempt, i) => processes[i % 2]!.settle(key, RULE, attempt, false)));
    expect(await stored(key)).toBeNull();
  });
});
