import type { OnApplicationShutdown } from '@nestjs/common';
import type { Cluster } from 'ioredis';
import type { Config } from '#config/config';
import { isCluster } from '#config/redis-url';
import { openCluster } from '../redis/redis-cluster.js';

/** What the queues of a process share when a cluster holds them. Where BullMQ blocks it makes a connection like it. */
export class QueueConnection implements OnApplicationShutdown {
  readonly cluster: Cluster | undefined;

  constructor({ queueRedisUrl }: Pick<Config, 'queueRedisUrl'>) {
    if (!isCluster(queueRedisUrl)) return;
    this.cluster = openCluster(queueRedisUrl, { redisOptions: { maxRetriesPerRequest: null } });
    this.cluster.on('error', () => {}); // the queues tell
  }

  /** After the running jobs have ended. */
  onApplicationShutdown(): void {
    this.cluster?.disconnect();
  }
}
