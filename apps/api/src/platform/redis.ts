import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { Redis } from 'ioredis';
import { inSpan } from './tracing.js';

/** Redis did not answer, or not in time. What can be done without it goes on from Postgres. */
export class RedisUnavailable extends Error {
  constructor(cause: unknown) {
    super('Redis is unavailable', { cause });
  }
}

const COMMAND_TIMEOUT_MS = 1_000;
/** After a failure Redis is left alone for this long; then one command at a time finds out whether it answers again, so
 *  that a silent Redis does not cost every request its timeout. */
const REST_MS = 500;

/** The connection that the seat ledger uses. Commands fail fast; the connection comes back by itself. */
@Injectable()
export class RedisConnection implements OnApplicationShutdown {
  private readonly client: Redis;
  private readonly logger = new Logger('redis');
  private restUntil = 0;
  private failed = false;
  private findingOut = false;

  constructor(url: string) {
    this.client = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // One write for all commands of an event loop turn: a system call costs more than a script.
      enableAutoPipelining: true,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: 2_000,
      retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
    });
    this.client.on('error', (error: Error) => this.logger.warn({ msg: 'connection error', err: error.message }));
  }

  /** Waits until the first connection is up, at most `ms`. Answers whether it is. */
  async waitUntilReady(ms: number): Promise<boolean> {
    if (this.client.status === 'ready') return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.client.once('ready', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** @param summary what it is for, in traces
   *  @throws RedisUnavailable */
  use<T>(work: (client: Redis) => Promise<T>, summary = 'command'): Promise<T> {
    const attributes = { 'db.system.name': 'redis', 'db.query.summary': summary };
    return inSpan(`redis ${summary}`, { kind: SpanKind.CLIENT, attributes }, () => this.send(work));
  }

  private async send<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    if (this.client.status !== 'ready' || Date.now() < this.restUntil || this.findingOut)
      throw new RedisUnavailable('not connected');
    const findsOut = this.failed;
    this.findingOut = findsOut;
    try {
      const answer = await work(this.client);
      this.failed = false;
      return answer;
    } catch (error) {
      // A script error is our bug and no outage, but Postgres can serve meanwhile: say it loudly and go on.
      if (error instanceof Error && /^(ERR|WRONGTYPE)/.test(error.message))
        this.logger.error({ msg: 'Redis refused a command', err: error.message });
      else {
        this.failed = true;
        this.restUntil = Date.now() + REST_MS;
      }
      throw new RedisUnavailable(error);
    } finally {
      if (findsOut) this.findingOut = false;
    }
  }

  /** Late, so that requests being finished still have it. */
  async onApplicationShutdown(): Promise<void> {
    if (this.client.status === 'ready') await this.client.quit().catch(() => {});
    this.client.disconnect();
  }
}
