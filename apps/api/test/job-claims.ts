import type { Queue } from 'bullmq';
import type { RedisCommander } from 'ioredis';

/** Ends the locks of a queue's running jobs, as happens some time after a worker's death. The next worker takes them
 *  over. */
export async function endJobClaims(redis: RedisCommander, queue: Queue): Promise<void> {
  await redis.del(queue.toKey('stalled-check'));
  for (const { id } of await queue.getActive()) {
    await redis.del(`${queue.toKey(id!)}:lock`);
    await redis.sadd(queue.toKey('stalled'), id!);
  }
}
