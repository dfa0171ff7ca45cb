import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '#platform/clock';
import { LuaScript } from '#platform/redis/lua-script';
import { RedisConnection, RedisUnavailable } from '#platform/redis/redis';

/** How failures are answered. Counting begins anew when the window, which the first failure opens, is over. Times in ms. */
export interface FailureRule {
  /** This many failures cost nothing; from then on each has to be waited for. */
  free: number;
  /** Until then this many attempts, together with the failures so far, may be under way at once; afterwards one. */
  atOnce: number;
  /** The first wait; it doubles with each further failure, up to the longest. */
  waitMs: number;
  longestWaitMs: number;
  windowMs: number;
}

/** An attempt that is under way until it is settled, or one that there cannot be yet. */
export interface Attempt {
  id: string;
  /** Time to wait before there can be one; 0 when it is under way. In ms. */
  waitMs: number;
}

interface Counter {
  failures: number;
  last: number;
  since: number;
  /** When each attempt that is under way began. */
  attempts: Map<string, number>;
}

/** While Redis is away each process counts for itself, for this many keys at most. */
const MAX_IN_MEMORY = 10_000;

/** After this long an attempt is not under way any more: its process died. Far longer than checking a password takes. */
const ATTEMPT_MS = 60_000;
/** What an attempt waits that came while too many others were under way. */
const CROWDED_MS = 1_000;

// One key each, so that they run on any node of a Redis Cluster. Attempts under way are the fields whose name has a hyphen.
const TAKE = new LuaScript(`
local now, free, wait, longest, window, at_once =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local fields, under_way = { failures = 0, last = 0, since = now }, 0
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  if not string.find(stored[i], '-', 1, true) then fields[stored[i]] = tonumber(stored[i + 1])
  elseif now < tonumber(stored[i + 1]) + ${ATTEMPT_MS} then under_way = under_way + 1
  else redis.call('HDEL', KEYS[1], stored[i]) end
end
local failures = fields.failures
if now >= fields.since + window then failures = 0 end
if failures >= free then
  local ends = fields.last + math.min(wait * 2 ^ (failures - free), longest)
  if now < ends then return string.format('%.0f', ends - now) end
  if under_way > 0 then return '${CROWDED_MS}' end
elseif failures + under_way >= at_once then return '${CROWDED_MS}' end
redis.call('HSET', KEYS[1], ARGV[7], ARGV[1])
redis.call('PEXPIRE', KEYS[1], window)
return '0'`);

const SETTLE = new LuaScript(`
redis.call('HDEL', KEYS[1], ARGV[1])
if ARGV[2] == '0' then return 0 end
local now, window = tonumber(ARGV[3]), tonumber(ARGV[4])
local since = tonumber(redis.call('HGET', KEYS[1], 'since'))
if not since or now >= since + window then redis.call('HSET', KEYS[1], 'failures', 0, 'since', ARGV[3]) end
redis.call('HSET', KEYS[1], 'last', ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return redis.call('HINCRBY', KEYS[1], 'failures', 1)`);

/**
 * Counts failures per key, in Redis for all processes together. What has not failed counts nothing; but attempts are known
 * while they are under way, so that many at once get no more tries than their rule says.
 */
@Injectable()
export class FailureCounters {
  private readonly memory = new Map<string, Counter>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  /** Begins an attempt, which has to be settled unless it has to wait. */
  async take(key: string, rule: FailureRule): Promise<Attempt> {
    const at = this.clock.now().getTime();
    const id = randomUUID();
    const { free, waitMs, longestWaitMs, windowMs, atOnce } = rule;
    return this.orInMemory(
      async () => {
        const wait = await this.redis.use(key, (redis) =>
          TAKE.run(redis, [key], [at, free, waitMs, longestWaitMs, windowMs, atOnce, id]),
        );
        return { id, waitMs: Number(wait) };
      },
      () => ({ id, waitMs: this.takeInMemory(key, rule, id, at) }),
    );
  }

  /** Ends an attempt that is under way. */
  async settle(key: string, { windowMs }: FailureRule, { id }: Attempt, failed: boolean): Promise<void> {
    const at = this.clock.now().getTime();
    await this.orInMemory(
      async () =>
        void (await this.redis.use(key, (redis) => SETTLE.run(redis, [key], [id, failed ? 1 : 0, at, windowMs]))),
      () => this.settleInMemory(key, windowMs, id, failed, at),
    );
  }

  /** Forgets the failures; attempts under way stay so. */
  async clear(key: string): Promise<void> {
    const counter = this.memory.get(key);
    if (counter) this.store(key, { ...counter, failures: 0, last: 0, since: 0 });
    await this.orInMemory(
      async () => void (await this.redis.use(key, (redis) => redis.hdel(key, 'failures', 'last', 'since'))),
      () => {},
    );
  }

  private takeInMemory(key: string, rule: FailureRule, id: string, at: number): number {
    const counter = this.counterAt(key, rule.windowMs, at);
    for (const [attempt, began] of counter.attempts) if (at >= began + ATTEMPT_MS) counter.attempts.delete(attempt);
    const { failures, last, attempts } = counter;
    if (failures >= rule.free) {
      const ends = last + Math.min(rule.waitMs * 2 ** (failures - rule.free), rule.longestWaitMs);
      if (at < ends) return ends - at;
      if (attempts.size > 0) return CROWDED_MS;
    } else if (failures + attempts.size >= rule.atOnce) return CROWDED_MS;
    attempts.set(id, at);
    this.store(key, counter);
    return 0;
  }

  private settleInMemory(key: string, windowMs: number, id: string, failed: boolean, at: number): void {
    const counter = this.counterAt(key, windowMs, at);
    counter.attempts.delete(id);
    if (failed) this.store(key, { ...counter, failures: counter.failures + 1, last: at });
    else this.store(key, counter);
  }

  private counterAt(key: string, windowMs: number, at: number): Counter {
    const stored = this.memory.get(key);
    if (stored && stored.failures > 0 && at < stored.since + windowMs) return stored;
    return { failures: 0, last: 0, since: at, attempts: stored?.attempts ?? new Map() };
  }

  private store(key: string, counter: Counter): void {
    if (counter.failures === 0 && counter.attempts.size === 0) {
      this.memory.delete(key);
      return;
    }
    if (!this.memory.has(key) && this.memory.size >= MAX_IN_MEMORY)
      this.memory.delete(this.memory.keys().next().value!);
    this.memory.set(key, counter);
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
