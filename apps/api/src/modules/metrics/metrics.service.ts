import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { Gauge } from 'prom-client';
import { Config } from '#config/config';
import { collectProcessMetrics, registry } from '#platform/observability/metrics';
import { RedisConnection } from '#platform/redis/redis-connection';
import { QueueMetrics } from './queue-metrics.js';
import { StoredMetrics } from './stored-metrics.js';

const registers = [registry];
const pool = new Gauge({
  name: 'postgres_pool_connections',
  help: 'Connections to Postgres by role and state.',
  labelNames: ['role', 'state'] as const,
  registers,
});
const poolWaiting = new Gauge({
  name: 'postgres_pool_waiting',
  help: 'Transactions and queries that wait for a connection to Postgres, by role.',
  labelNames: ['role'] as const,
  registers,
});
const redisUp = new Gauge({ name: 'redis_up', help: 'Whether Redis answers.', registers });

/** The metrics that Prometheus reads from this process. */
@Injectable()
export class MetricsService {
  /** The content type of `read`, with the version of the text format. */
  readonly contentType = registry.contentType;

  constructor(
    private readonly db: Database,
    private readonly redis: RedisConnection,
    private readonly stored: StoredMetrics,
    private readonly queues: QueueMetrics,
    private readonly config: Config,
  ) {
    collectProcessMetrics();
  }

  /** Whether an `Authorization` header allows reading the metrics. They name tenants, so production always asks for the
   *  token. */
  mayRead(authorization: string | undefined): boolean {
    const { metricsToken } = this.config.observability;
    if (metricsToken === undefined) return !this.config.production;
    return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${metricsToken}`));
  }

  /** Returns all metrics in the text format of Prometheus. Works without Postgres and Redis: their metrics are then
   *  missing. */
  async read(): Promise<string> {
    this.showPools();
    await Promise.all([this.showRedis(), this.stored.refresh(), this.queues.refresh()]);
    return registry.metrics();
  }

  private showPools(): void {
    for (const [role, { connections, idle, waiting }] of Object.entries(this.db.poolUse())) {
      pool.set({ role, state: 'in_use' }, connections - idle);
      pool.set({ role, state: 'idle' }, idle);
      poolWaiting.set({ role }, waiting);
    }
  }

  private async showRedis(): Promise<void> {
    redisUp.set(Number(await this.redis.answers()));
  }
}

/** Hashes a text, because comparing in constant time needs equal lengths. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
