import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.js';
import { LuaScript } from '../../platform/lua-script.js';
import { RedisConnection, RedisUnavailable } from '../../platform/redis.js';

/** How failures are answered. Counting begins anew when the window, which the first failure opens, is over. Times in ms. */
export interface FailureRule {
  /** This many failures cost nothing; from then on each has to be waited for. */
  free: number;
  /** The first wait; it doubles with each further failure, up to the longest. */
  waitMs: number;
  longestWaitMs: number;
  windowMs: number;
}

/** An attempt that was counted as failed before it was made. */
export interface Attempt {
  /** Time to wait before there can be one; then nothing was counted. In ms. */
  waitMs: number;
  /** When it was counted, and when the one before was: what giving it back needs. In ms since 1970. */
  at: number;
  before: number;
}

interface Counter {
  failures: number;
  last: number;
  since: number;
}

/** While Redis is away each process counts for itself, for this many keys at most. */
const MAX_IN_MEMORY = 10_000;

// One key each, so that they run on any node of a Redis Cluster.
const TAKE = new LuaScript(`
local now, free, wait, longest, window =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local stored = redis.call('HMGET', KEYS[1], 'failures', 'last', 'since')
local failures, last, since = tonumber(stored[1]), tonumber(stored[2]), tonumber(stored[3])
if not failures or now >= since + window then failures, last, since = 0, 0, now end
if failures >= free then
  local ends = last + math.min(wait * 2 ^ (failures - free), longest)
  if now < ends then return { string.format('%.0f', ends - now), '0' } end
end
redis.call('HSET', KEYS[1], 'failures', failures + 1, 'last', ARGV[1], 'since', string.format('%.0f', since))
redis.call('PEXPIRE', KEYS[1], window)
return { '0', string.format('%.0f', last) }`);

const GIVE_BACK = new LuaScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HINCRBY', KEYS[1], 'failures', -1) <= 0 then return redis.call('DEL', KEYS[1]) end
if redis.call('HGET', KEYS[1], 'last') == ARGV[1] then redis.call('HSET', KEYS[1], 'last', ARGV[2]) end
return 1`);

/**
 * Counts failures per key, in Redis for all processes together. An attempt is counted as failed when it begins and given
 * back when it did not fail, so that many at once get no more tries than one after the other.
 */
@Injectable()
export class FailureCounters {
  private readonly memory = new Map<string, Counter>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  async take(key: string, rule: FailureRule): Promise<Attempt> {
    const at = this.clock.now().getTime();
    const { free, waitMs, longestWaitMs, windowMs } = rule;
    return this.orInMemory(
      async () => {
        const [wait, before] = (await this.redis.use((redis) =>
          TAKE.run(redis, [key], [at, free, waitMs, longestWaitMs, windowMs]),
        )) as [string, string];
        return { at, waitMs: Number(wait), before: Number(before) };
      },
      () => this.takeInMemory(key, rule, at),
    );
  }

  async giveBack(key: string, { at, before }: Attempt): Promise<void> {
    await this.orInMemory(
      async () => void (await this.redis.use((redis) => GIVE_BACK.run(redis, [key], [at, before]))),
      () => this.giveBackInMemory(key, at, before),
    );
  }

  async clear(key: string): Promise<void> {
    this.memory.delete(key);
    await this.orInMemory(
      async () => void (await this.redis.use((redis) => redis.del(key))),
      () => {},
    );
  }

  private takeInMemory(key: string, rule: FailureRule, at: number): Attempt {
    const stored = this.memory.get(key);
    const counter = stored && at < stored.since + rule.windowMs ? stored : { failures: 0, last: 0, since: at };
    const { failures, last } = counter;
    if (failures >= rule.free) {
      const ends = last + Math.min(rule.waitMs * 2 ** (failures - rule.free), rule.longestWaitMs);
      if (at < ends) return { waitMs: ends - at, at, before: 0 };
    }
    if (!stored && this.memory.size >= MAX_IN_MEMORY) this.memory.delete(this.memory.keys().next().value!);
    this.memory.set(key, { ...counter, failures: failures + 1, last: at });
    return { waitMs: 0, at, before: last };
  }

  private giveBackInMemory(key: string, at: number, before: number): void {
    const counter = this.memory.get(key);
    if (!counter) return;
    counter.failures -= 1;
    if (counter.last === at) counter.last = before;
    if (counter.failures <= 0) this.memory.delete(key);
  }

  private async orInMemory<T>(work: () => Promise<T>, inMemory: () => T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      return inMemory();
    }
  }
}
