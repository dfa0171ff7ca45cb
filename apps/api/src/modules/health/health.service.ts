import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { temporarilyUnavailable } from '../../platform/problem.js';
import { RedisConnection } from '../../platform/redis.js';

const ANSWER_WITHIN_MS = 2_000;

/** Rejects after a while: a silent database is no database. */
function silence(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('no answer in time')), ms).unref();
  });
}

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
      Promise.race([this.db.systemQuery('SELECT 1'), silence(ANSWER_WITHIN_MS)]).catch((error: unknown) => {
        throw temporarilyUnavailable('Postgres cannot be reached.', 2, error);
      }),
    ]);
    return { status: redis === 'ok' ? 'ok' : 'degraded', postgres: 'ok', redis };
  }
}
