import { Injectable } from '@nestjs/common';
import { RedisConnection } from '#platform/redis/redis-connection';
import { appendEvent, type LiveEvent, logKey } from '../live-events.js';

/** An event with its id, which is its position in the tenant's log. */
export interface LoggedEvent {
  id: string;
  event: LiveEvent;
}

/** An entry of a Redis Stream, as Redis returns it. */
export type RawEntry = [id: string, fields: string[]];

const EVENT_ID = /^\d{1,20}-\d{1,20}$/;
const LARGEST_PART = 2n ** 64n - 1n;

/** Whether a text has the form of an event id, so that Redis accepts it. */
export function isEventId(text: string): boolean {
  return EVENT_ID.test(text) && text.split('-').every((part) => BigInt(part) <= LARGEST_PART);
}

/** Whether an id is later than another. Ids are two numbers: milliseconds and a count within them. */
export function isLater(id: string, than: string): boolean {
  const [ms = '0', sequence = '0'] = id.split('-');
  const [thanMs = '0', thanSequence = '0'] = than.split('-');
  return ms === thanMs ? BigInt(sequence) > BigInt(thanSequence) : BigInt(ms) > BigInt(thanMs);
}

/** Parses the entries of a tenant's log. */
export function loggedEvents(entries: RawEntry[]): LoggedEvent[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `appendEvent` writes this stream
  return entries.map(([id, [, json]]) => ({ id, event: JSON.parse(json!) as LiveEvent }));
}

/** Reads the log of a tenant, as far back as Redis keeps it. Every asynchronous method throws RedisUnavailable. */
@Injectable()
export class EventLog {
  constructor(private readonly redis: RedisConnection) {}

  /** Returns the Redis key of a tenant's log. */
  keyOf(tenantId: string): string {
    return logKey(tenantId, this.redis.clustered);
  }

  /** Returns the id of the last event. Adds an `opened` event to an empty log, so that there is a position to go on
   *  from. */
  async end(tenantId: string): Promise<string> {
    const key = this.keyOf(tenantId);
    const [last] = await this.redis.use(key, (client) => client.xrevrange(key, '+', '-', 'COUNT', 1));
    return last?.[0] ?? appendEvent(this.redis, tenantId, { type: 'opened' });
  }

  /** Returns at most `count` events after the one with this id. Returns undefined if Redis no longer has that event:
   *  later ones may be lost as well then. */
  async after(tenantId: string, id: string, count: number): Promise<LoggedEvent[] | undefined> {
    const key = this.keyOf(tenantId);
    const entries = await this.redis.use(key, (client) => client.xrange(key, id, '+', 'COUNT', count + 1));
    return entries[0]?.[0] === id ? loggedEvents(entries.slice(1)) : undefined;
  }
}
