import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { temporarilyUnavailable } from '../../platform/problem.js';
import { RedisConnection } from '../../platform/redis.js';

@Injectable()
export class HealthService {
  constructor(
    private readonly db: Database,
    private readonly redis: RedisConnection,
  ) {}

  /** Without Redis seats are served from Postgres: degraded, but ready.
   *  @throws ProblemError temporarily_unavailable without Postgres */
  async readiness(): Promise<{ status: 'ok' | 'degraded'; postgres: 'ok'; redis: 'ok' | 'unavailable' }> {
    const [redis] = await Promise.all([
      this.redis
        .use((client) => client.ping())
        .then(
          () => 'ok' as const,
          () => 'unavailable' as const,
        ),
      this.db.systemQuery('SELECT 1').catch((error: unknown) => {
        throw temporarilyUnavailable('Postgres cannot be reached.', 2, error);
      }),
    ]);
    return { status: redis === 'ok' ? 'ok' : 'degraded', postgres: 'ok', redis };
  }
}
