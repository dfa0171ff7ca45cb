import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { SeatEventType } from '@coditect/contracts/stream';
import { RedisConnection } from '#platform/redis/redis';
import type { Change } from './changes.js';

/** What happened, as it is kept: ids only. Names and counts are read when it is sent to somebody. */
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
  /** Events may be missing before this one. */
  | { type: 'reset' }
  /** The beginning of a log: a place to go on from while nothing has happened yet. */
  | { type: 'opened' };

/** Redis keeps about so many events of a tenant, and forgets all of them a day after the last one. */
const KEPT_EVENTS = 1_000;
const KEPT_SECONDS = 24 * 3600;
const RETRY_MS = 1_000;
const MAX_TENANTS_WITH_GAPS = 10_000;

/**
 * The tenant's log of events: a Redis Stream. The braces make one hash slot of it. In a cluster one slot holds the logs of a
 * sixteenth of all tenants, because a command reads those of one slot only.
 */
export function logKey(tenantId: string, clustered: boolean): string {
  return clustered ? `stream:{${logGroup(tenantId, clustered)}}:${tenantId}` : `stream:{${tenantId}}`;
}

/** What is read with one command: everything on one server. By the last digit, which is random in ids that begin alike. */
export function logGroup(tenantId: string, clustered: boolean): string {
  return clustered ? `events-${tenantId.at(-1)}` : 'events';
}

/** Adds an event to the tenant's log; answers its id, which is later than all before. */
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
 * Tells whoever watches the tenant what has happened, in whichever process. Called after the commit; the use case neither
 * waits for it nor fails by it. What cannot be told because Redis is away is made up for by a `reset`, as soon as it is
 * back, upon which watchers read everything anew.
 */
@Injectable()
export class LiveEvents implements OnModuleDestroy {
  private readonly logger = new Logger('live-events');
  private readonly gaps = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly redis: RedisConnection) {}

  publish(tenantId: string, event: LiveEvent): void {
    appendEvent(this.redis, tenantId, event).catch((error: unknown) => {
      if (this.gaps.size === 0) this.logger.warn({ msg: 'live events cannot be told', err: String(error) });
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
