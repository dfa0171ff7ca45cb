import type { Queue } from 'bullmq';
import type { RedisCommander } from 'ioredis';

/** Ends the locks of a queue's running jobs as time does when their worker is dead: the next worker to look takes them over. */
export async function endJobClaims(redis: RedisCommander, queue: Queue): Promise<void> {
  await redis.del(queue.toKey('stalled-check'));
  for (const { id } of await queue.getActive()) {
    await redis.del(`${queue.toKey(id!)}:lock`);
    await redis.sadd(queue.toKey('stalled'), id!);
  }
}
