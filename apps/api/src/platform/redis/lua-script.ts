import { createHash } from 'node:crypto';
import type { RedisCommander } from 'ioredis';

/** A Lua script, which Redis runs atomically. It is sent by its hash, and in full only if Redis does not know it
 *  yet. */
export class LuaScript {
  private readonly sha: string;

  constructor(private readonly body: string) {
    this.sha = createHash('sha1').update(body).digest('hex');
  }

  async run(redis: RedisCommander, keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(this.body, keys.length, ...keys, ...args);
    }
  }
}
