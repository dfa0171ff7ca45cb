import { Injectable } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { missingMigrations } from '@coditect/db/migrations';
import { temporarilyUnavailable } from '#platform/problems/problem';
import { RedisConnection } from '#platform/redis/redis-connection';

const ANSWER_WITHIN_MS = 2_000;
const MIGRATING_SECONDS = 10;

/** Rejects after `ms`, so that a database that does not answer counts as unreachable. */
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

  /** Checks Postgres and Redis. Without Redis, seats are served from Postgres: `degraded`, but ready (docs/seats.md,
   *  rule 5).
   *  @throws ProblemError temporarily_unavailable if Postgres cannot be reached or lacks migrations */
  async readiness(): Promise<{ status: 'ok' | 'degraded'; postgres: 'ok'; redis: 'ok' | 'unavailable' }> {
    const [redis, missing] = await Promise.all([
      this.redis.answers().then((up) => (up ? 'ok' : 'unavailable')),
      Promise.race([missingMigrations(this.db), silence(ANSWER_WITHIN_MS)]).catch((error: unknown) => {
        throw temporarilyUnavailable('Postgres cannot be reached.', 2, error);
      }),
    ]);
    if (missing.length > 0)
      throw temporarilyUnavailable(`The database lacks migrations: ${missing.join(', ')}.`, MIGRATING_SECONDS);
    return { status: redis === 'ok' ? 'ok' : 'degraded', postgres: 'ok', redis };
  }
}
