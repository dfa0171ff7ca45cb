import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '#platform/clock';
import { LuaScript } from '#platform/redis/lua-script';
import { RedisConnection, RedisUnavailable } from '#platform/redis/redis-connection';
import {
  begun,
  cleared,
  type Counter,
  ended,
  type FailureRule,
  isEmpty,
  lifetimeMs,
  NO_FAILURES,
  waitOf,
} from './failure-rule.js';

/** An attempt that is under way until it is settled, or one that there cannot be yet. */
export interface Attempt {
  id: string;
  /** Time to wait before there can be one; 0 when it is under way. In ms. */
  waitMs: number;
  /** The counter as this attempt has stored it: what settling it most likely finds. */
  stored: string;
}

/** While Redis is away each process counts for itself, for this many keys at most. */
const MAX_IN_MEMORY = 10_000;

/** Replaces the counter if it is still the expected one, and returns nil. Otherwise returns the counter there is. */
const COMPARE_AND_SET = new LuaScript<string | null>(`
local stored = redis.call('GET', KEYS[1]) or ''
if stored ~= ARGV[1] then return stored end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return nil`);

/**
 * Counts failures per key, in Redis for all processes together. What has not failed counts nothing; but attempts are known
 * while they are under way, so that many at once get no more tries than their rule says. The rule is applied here, to the
 * counter that Redis holds or, while it is away, this process; Redis only stores it if nobody else has in the meantime.
 */
@Injectable()
export class FailureCounters {
  private readonly memory = new LRUCache<string, Counter>({ max: MAX_IN_MEMORY });
  private readonly turns = new Map<string, Promise<string>>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  /** Begins an attempt, which has to be settled unless it has to wait. */
  async take(key: string, rule: FailureRule): Promise<Attempt> {
    const now = this.clock.now().getTime();
    const id = randomUUID();
    let waitMs = 0;
    const stored = await this.change(key, rule.windowMs, '', (counter) => {
      waitMs = waitOf(counter, rule, now);
      return waitMs > 0 ? undefined : begun(counter, rule, id, now);
    });
    return { id, waitMs, stored };
  }

  /** Ends an attempt that is under way. */
  async settle(key: string, rule: FailureRule, { id, stored }: Attempt, failed: boolean): Promise<void> {
    const now = this.clock.now().getTime();
    await this.change(key, rule.windowMs, stored, (counter) => ended(counter, rule, id, failed, now));
  }

  /** Forgets the failures; attempts under way stay so. */
  async clear(key: string): Promise<void> {
    this.changeInMemory(key, cleared);
    await this.change(key, 0, '', cleared); // without failures there is no window
  }

  /**
   * Changes a counter, one change of a key at a time in this process: only other processes can come in between.
   * @param guess the counter that is most likely stored: a right one saves a round trip
   * @param step is asked again when the guess was wrong; undefined leaves the counter as it is
   * @returns the counter as it is stored
   */
  private async change(
    key: string,
    windowMs: number,
    guess: string,
    step: (counter: Counter) => Counter | undefined,
  ): Promise<string> {
    const before = this.turns.get(key);
    const turn = (async () => {
      await before?.catch(() => {});
      try {
        return await this.changeInRedis(key, windowMs, guess, step);
      } catch (error) {
        if (!(error instanceof RedisUnavailable)) throw error;
        this.changeInMemory(key, step);
        return '';
      }
    })();
    this.turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(key) === turn) this.turns.delete(key);
    }
  }

  private async changeInRedis(
    key: string,
    windowMs: number,
    guess: string,
    step: (counter: Counter) => Counter | undefined,
  ): Promise<string> {
    for (let expected = guess; ;) {
      const next = step(expected === '' ? NO_FAILURES : JSON.parse(expected));
      if (!next) return expected;
      const text = isEmpty(next) ? '' : JSON.stringify(next);
      const args = [expected, text, lifetimeMs(next, windowMs)];
      const found = await this.redis.use(key, (client) => COMPARE_AND_SET.run(client, [key], args));
      if (found === null) return text;
      expected = found; // another process was faster, or the guess was wrong
    }
  }

  private changeInMemory(key: string, step: (counter: Counter) => Counter | undefined): void {
    const next = step(this.memory.get(key) ?? NO_FAILURES);
    if (!next) return;
    if (isEmpty(next)) this.memory.delete(key);
    else this.memory.set(key, next);
  }
}
