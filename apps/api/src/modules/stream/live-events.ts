import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { SeatEventType } from '@coditect/contracts/names';
import { RedisConnection } from '#platform/redis/redis-connection';
import type { Change } from './changes.js';

/** An event as it is stored in Redis: ids only. Names and counts are read when it is sent. */
export type LiveEvent =
  | {
      type: SeatEventType;
      sessionId: string;
      licenseId: string;
      userId: string;
      machineId: string;
      seatNo: number;
      endReason?: string;
    }
  | { type: 'license.changed'; licenseId: string }
  | {
      type: 'denial.created';
      denialId: string;
      licenseId: string | null;
      userId: string;
      machineId: string;
      reason: string;
    }
  | Change
  /** Events before this one may be missing: clients read everything anew. */
  | { type: 'reset' }
  /** The first entry of a log: a position to go on from before anything has happened. */
  | { type: 'opened' };

/** Redis keeps about this many events per tenant, and deletes all of them a day after the last one. */
const KEPT_EVENTS = 1_000;
const KEPT_SECONDS = 24 * 3600;
const RETRY_MS = 1_000;
const MAX_TENANTS_WITH_GAPS = 10_000;

/**
 * Returns the Redis key of a tenant's log, which is a Redis Stream. The text in braces decides the cluster slot. A
 * command can read keys of one slot only, so a slot holds the logs of a sixteenth of all tenants.
 */
export function logKey(tenantId: string, clustered: boolean): string {
  return clustered ? `stream:{${logGroup(tenantId, clustered)}}:${tenantId}` : `stream:{${tenantId}}`;
}

/** Returns the group of logs that one command reads: all logs on a single server. In a cluster the last hexadecimal
 *  digit of the tenant id decides; it is random, while ids made at about the same time begin alike. */
export function logGroup(tenantId: string, clustered: boolean): string {
  return clustered ? `events-${tenantId.at(-1)}` : 'events';
}

/** Adds an event to the tenant's log. Returns its id, which is later than all before.
 *  @throws RedisUnavailable */
export function appendEvent(redis: RedisConnection, tenantId: string, event: LiveEvent): Promise<string> {
  const key = logKey(tenantId, redis.clustered);
  return redis.use(key, async (client) => {
    const [id] = await Promise.all([
      client.xadd(key, 'MAXLEN', '~', KEPT_EVENTS, '*', 'event', JSON.stringify(event)),
      client.expire(key, KEPT_SECONDS),
    ]);
    return id!;
  });
}

/**
 * Publishes events to the watchers of a tenant in all processes. Call it after the commit: the use case neither waits
 * for it nor fails with it. If Redis is down, the event is lost. A `reset` follows once Redis is back, so that watchers
 * read everything anew.
 */
@Injectable()
export class LiveEvents implements OnModuleDestroy {
  private readonly logger = new Logger('live-events');
  private readonly gaps = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly redis: RedisConnection) {}

  /** Publishes an event. Returns at once and never throws. */
  publish(tenantId: string, event: LiveEvent): void {
    appendEvent(this.redis, tenantId, event).catch((error: unknown) => {
      if (this.gaps.size === 0) this.logger.warn({ msg: 'live events cannot be published', err: String(error) });
      if (this.gaps.size < MAX_TENANTS_WITH_GAPS) this.gaps.add(tenantId);
      this.retryLater();
    });
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  private retryLater(): void {
    this.timer ??= setTimeout(() => void this.fillGaps(), RETRY_MS).unref();
  }

  private async fillGaps(): Promise<void> {
    this.timer = undefined;
    for (const tenantId of this.gaps) {
      try {
        await appendEvent(this.redis, tenantId, { type: 'reset' });
        this.gaps.delete(tenantId);
      } catch {
        return this.retryLater();
      }
    }
  }
}
