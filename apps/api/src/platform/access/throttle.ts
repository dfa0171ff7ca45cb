import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Config } from '#config/config';
import type { PublicBudget } from './access.js';
import { LuaScript } from '../redis/lua-script.js';
import { ProblemError } from '../problems/problem.js';
import { RedisConnection, RedisUnavailable } from '../redis/redis-connection.js';
import { type Actor, currentRequest } from '../request-context.js';

const HOUR = 3600;
const MINUTE = 60;

/** Counts in a window that begins with the first request. Returns the count and the rest of the window in ms. */
const COUNT = new LuaScript<[count: number, leftMs: number]>(`
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], left)
end
return { count, left }`);

interface Policy {
  name: string;
  limit: number;
  windowSeconds: number;
  /** Counts in this process when Redis is down. */
  memory: RateLimiterMemory;
}

function policy(name: string, limit: number, windowSeconds: number): Policy {
  return { name, limit, windowSeconds, memory: new RateLimiterMemory({ points: limit, duration: windowSeconds }) };
}

/**
 * Limits the requests of a caller (docs/http.md). Redis counts, with one command for each request. While Redis is down
 * each process counts on its own, so that its outage does not become ours. Responses carry the `RateLimit` fields of
 * draft-ietf-httpapi-ratelimit-headers.
 */
@Injectable()
export class Throttle {
  private readonly policies: Record<'anonymous' | 'renewal' | 'user' | 'heartbeat' | 'addressHeartbeat', Policy>;

  constructor(
    config: Config,
    private readonly redis: RedisConnection,
  ) {
    const { throttle } = config.http;
    this.policies = {
      anonymous: policy('anonymous', throttle.anonymousPerHour, HOUR),
      renewal: policy('renewal', throttle.renewalsPerHour, HOUR),
      user: policy('user', throttle.userPerHour, HOUR),
      heartbeat: policy('heartbeat', throttle.heartbeatsPerMinute, MINUTE),
      addressHeartbeat: policy('address-heartbeat', throttle.addressHeartbeatsPerMinute, MINUTE),
    };
  }

  /** Counts a call by an anonymous caller, by its address.
   *  @throws ProblemError rate_limited */
  async unknownCaller(reply: FastifyReply, budget: PublicBudget = 'anonymous'): Promise<void> {
    if (budget !== 'unlimited') await this.take(this.policies[budget], networkOf(currentRequest().ip), reply);
  }

  /** Counts a call by a user, or by an API key on a budget of its own.
   *  @throws ProblemError rate_limited */
  async caller(actor: Actor | undefined, reply: FastifyReply): Promise<void> {
    if (actor?.id) await this.take(this.policies.user, actor.id, reply);
  }

  /**
   * Counts a heartbeat or release, by the whole session token. Counting by session id would let others use up the
   * budget of a session whose id they know. Each forged token has a budget of its own. Their number is limited by
   * address in this process, so that the hot path needs no second Redis command.
   * @throws ProblemError rate_limited
   */
  async sessionToken(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { body } = request;
    const token = typeof body === 'object' && body !== null && 'session_token' in body ? body.session_token : undefined;
    if (typeof token !== 'string') return this.unknownCaller(reply);
    const flood = this.policies.addressHeartbeat;
    if (flood.limit > 0) {
      const { consumedPoints, msBeforeNext } = await flood.memory.penalty(networkOf(currentRequest().ip));
      if (consumedPoints > flood.limit) answer(flood, consumedPoints, msBeforeNext, reply);
    }
    await this.take(this.policies.heartbeat, createHash('sha256').update(token).digest('base64url'), reply);
  }

  private async take(on: Policy, key: string, reply: FastifyReply): Promise<void> {
    if (on.limit === 0) return;
    const [count, leftMs] = await this.count(on, key);
    answer(on, count, leftMs, reply);
  }

  private async count(on: Policy, key: string): Promise<[count: number, leftMs: number]> {
    try {
      const counter = `throttle:{${on.name}:${key}}`;
      return await this.redis.use(
        counter,
        (client) => COUNT.run(client, [counter], [on.windowSeconds * 1000]),
        'throttle',
      );
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      const { consumedPoints, msBeforeNext } = await on.memory.penalty(key);
      return [consumedPoints, msBeforeNext];
    }
  }
}

function answer({ name, limit, windowSeconds }: Policy, count: number, leftMs: number, reply: FastifyReply): void {
  const resetSeconds = Math.max(1, Math.ceil(leftMs / 1000));
  void reply.headers({
    'ratelimit-policy': `"${name}";q=${limit};w=${windowSeconds}`,
    ratelimit: `"${name}";r=${Math.max(0, limit - count)};t=${resetSeconds}`,
  });
  if (count > limit)
    throw new ProblemError('rate_limited', {
      detail: `At most ${limit} requests in ${windowSeconds} seconds; wait ${resetSeconds} seconds.`,
      members: { policy: name, limit, window_seconds: windowSeconds },
      headers: { 'retry-after': String(resetSeconds) },
    });
}

/** Returns what one customer of an internet provider has: an IPv4 address, or the /64 in which an IPv6 host chooses
 *  its addresses. */
export function networkOf(ip = ''): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped) return mapped[1]!;
  if (!isIPv6(ip)) return ip;
  const [head = '', tail] = ip.split('::');
  const groups = (text = '') => text.split(':').filter((group) => group !== '');
  const given = [...groups(head), ...groups(tail)].length;
  const all =
    tail === undefined ? groups(head) : [...groups(head), ...Array<string>(8 - given).fill('0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
