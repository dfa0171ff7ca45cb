import { createHash } from 'node:crypto';
import type { RedisCommander } from 'ioredis';

/** A Lua script, which Redis runs atomically. It is sent by its hash, and in full only if Redis does not know it yet.
 *  `Answer` is the type that its author states for what the script returns. */
export class LuaScript<Answer = unknown> {
  private readonly sha: string;

  constructor(private readonly body: string) {
    this.sha = createHash('sha1').update(body).digest('hex');
  }

  /** Runs the script.
   *  @param keys all in one slot of a cluster */
  async run(redis: RedisCommander, keys: string[], args: (string | number)[]): Promise<Answer> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript does not read Lua
    return (await this.answer(redis, keys, args)) as Answer;
  }

  private async answer(redis: RedisCommander, keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(this.body, keys.length, ...keys, ...args);
    }
  }
}
