import { Injectable } from '@nestjs/common';
import { RedisConnection } from '#platform/redis/redis';
import { appendEvent, type LiveEvent, logKey } from '../live-events.js';

/** An event at its place in the tenant's log. */
export interface LoggedEvent {
  id: string;
  event: LiveEvent;
}

/** As Redis answers the entries of a stream. */
export type RawEntry = [id: string, fields: string[]];

const EVENT_ID = /^\d{1,20}-\d{1,20}$/;
const LARGEST_PART = 2n ** 64n - 1n;

/** Whether a client could have got it from here. */
export function isEventId(text: string): boolean {
  return EVENT_ID.test(text) && text.split('-').every((part) => BigInt(part) <= LARGEST_PART);
}

/** Whether one id comes after another one: ids are two numbers. */
export function isLater(id: string, than: string): boolean {
  const [ms = '0', sequence = '0'] = id.split('-');
  const [thanMs = '0', thanSequence = '0'] = than.split('-');
  return ms === thanMs ? BigInt(sequence) > BigInt(thanSequence) : BigInt(ms) > BigInt(thanMs);
}

export function loggedEvents(entries: RawEntry[]): LoggedEvent[] {
  return entries.map(([id, [, json]]) => ({ id, event: JSON.parse(json!) as LiveEvent }));
}

/** Reads what a tenant's log still holds. Every asynchronous method throws RedisUnavailable. */
@Injectable()
export class EventLog {
  constructor(private readonly redis: RedisConnection) {}

  keyOf(tenantId: string): string {
    return logKey(tenantId, this.redis.clustered);
  }

  /** The id of the last event; of a log that has none, a beginning is made. */
  async end(tenantId: string): Promise<string> {
    const key = this.keyOf(tenantId);
    const [last] = await this.redis.use(key, (client) => client.xrevrange(key, '+', '-', 'COUNT', 1));
    return last?.[0] ?? appendEvent(this.redis, tenantId, { type: 'opened' });
  }

  /** At most `count` events after the one with this id; undefined when that one is gone, and others may be with it. */
  async after(tenantId: string, id: string, count: number): Promise<LoggedEvent[] | undefined> {
    const key = this.keyOf(tenantId);
    const entries = await this.redis.use(key, (client) => client.xrange(key, id, '+', 'COUNT', count + 1));
    return entries[0]?.[0] === id ? loggedEvents(entries.slice(1)) : undefined;
  }
}
