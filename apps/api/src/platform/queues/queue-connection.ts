import type { OnApplicationShutdown } from '@nestjs/common';
import type { Cluster } from 'ioredis';
import type { Config } from '#config/config';
import { isCluster } from '#config/redis-url';
import { openCluster } from '../redis/redis-cluster.js';

/** The cluster connection that all queues of a process share. Undefined for a single server. For blocking reads, BullMQ
 *  duplicates it. */
export class QueueConnection implements OnApplicationShutdown {
  readonly cluster: Cluster | undefined;

  constructor({ queueRedisUrl }: Pick<Config, 'queueRedisUrl'>) {
    if (!isCluster(queueRedisUrl)) return;
    this.cluster = openCluster(queueRedisUrl, { redisOptions: { maxRetriesPerRequest: null } });
    this.cluster.on('error', () => {}); // the queues report the same error
  }

  /** Runs after JobDrain has waited for the running jobs. */
  onApplicationShutdown(): void {
    this.cluster?.disconnect();
  }
}
