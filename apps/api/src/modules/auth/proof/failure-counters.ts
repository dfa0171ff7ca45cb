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

/** A running attempt that must be settled, or one that must wait. */
export interface Attempt {
  id: string;
  /** The wait before the attempt can begin, in ms. 0 if it is running. */
  waitMs: number;
  /** The counter as this attempt has stored it. When the attempt ends, the counter most likely still has this value. */
  stored: string;
}

/** While Redis is down each process counts on its own, for at most this many keys. */
const MAX_IN_MEMORY = 10_000;

/** Sets the counter if it still has the expected value, and returns nil. Otherwise returns the stored value. */
const COMPARE_AND_SET = new LuaScript<string | null>(`
local stored = redis.call('GET', KEYS[1]) or ''
if stored ~= ARGV[1] then return stored end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return nil`);

/**
 * Counts failures per key, in Redis for all processes together. Successes are not counted. Running attempts are, so
 * that concurrent guesses get no more tries than the rule allows. The rule is applied in TypeScript, to the counter in
 * Redis or, while that is down, in this process. Redis only compares and sets, and the change is repeated if another
 * process was first.
 */
@Injectable()
export class FailureCounters {
  private readonly memory = new LRUCache<string, Counter>({ max: MAX_IN_MEMORY });
  private readonly turns = new Map<string, Promise<string>>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
  ) {}

  /** Begins an attempt, unless it must wait. A begun attempt must be settled. */
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

  /** Ends a running attempt. */
  async settle(key: string, rule: FailureRule, { id, stored }: Attempt, failed: boolean): Promise<void> {
    const now = this.clock.now().getTime();
    await this.change(key, rule.windowMs, stored, (counter) => ended(counter, rule, id, failed, now));
  }

  /** Removes the failures and keeps running attempts. */
  async clear(key: string): Promise<void> {
    this.changeInMemory(key, cleared);
    await this.change(key, 0, '', cleared); // without failures there is no window
  }

  /**
   * Changes a counter. Changes of one key run one at a time in this process, so only other processes can interfere.
   * @param guess the counter that is most likely stored; a right guess saves a round trip
   * @param step computes the new counter, again after a wrong guess; undefined leaves the counter as it is
   * @returns the counter as stored
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
      expected = found; // another process was first, or the guess was wrong
    }
  }

  private changeInMemory(key: string, step: (counter: Counter) => Counter | undefined): void {
    const next = step(this.memory.get(key) ?? NO_FAILURES);
    if (!next) return;
    if (isEmpty(next)) this.memory.delete(key);
    else this.memory.set(key, next);
  }
}
