import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '#config/config';
import { RedisConnection } from '#platform/redis/redis';
import { requestStore } from '#platform/request-context';
import { EventDetails } from './event-details.js';
import { EventLog } from './event-log.js';
import { logGroup } from '../live-events.js';
import { LogGroup, type ReadLogs, RETRY_MS } from './log-group.js';
import { TenantChannel, type Watcher } from './tenant-channel.js';

/** How long a read waits for events; also how long a tenant that is new here waits to be read along. */
const BLOCK_MS = 500;
/** A server that is silent for so long is gone. */
const SILENCE_MS = 5_000;

/**
 * Reads the logs of all tenants that are watched in this process: of one server over a connection of its own, because its
 * reads block; of a cluster group by group, without blocking, because the groups share a connection to their node.
 */
@Injectable()
export class EventReader implements OnApplicationShutdown {
  private readonly groups = new Map<string, LogGroup>();
  private client: Redis | undefined;

  constructor(
    private readonly config: Config,
    private readonly redis: RedisConnection,
    private readonly log: EventLog,
    private readonly details: EventDetails,
  ) {}

  /** Sends a watcher what has happened since its client's last event, and all that happens until it leaves.
   *  @throws RedisUnavailable */
  async join(tenantId: string, watcher: Watcher, lastEventId: string | undefined): Promise<void> {
    const position = await this.log.end(tenantId);
    if (!watcher.stream.open) return; // gone already
    const group = this.groupOf(tenantId);
    let channel = group.channels.get(tenantId);
    if (!channel) {
      channel = new TenantChannel(tenantId, position, this.log, this.details);
      group.channels.set(tenantId, channel);
    }
    channel.watchers.add(watcher);
    await channel.begin(watcher, lastEventId);
    void channel.catchUp(watcher);
    // Not as part of the request that happens to be the first.
    requestStore.exit(() => void group.readOn());
  }

  leave(tenantId: string, watcher: Watcher): void {
    const { channels } = this.groupOf(tenantId);
    const channel = channels.get(tenantId);
    channel?.watchers.delete(watcher);
    if (channel?.watchers.size === 0) channels.delete(tenantId);
  }

  onApplicationShutdown(): void {
    for (const group of this.groups.values()) group.stop();
    this.client?.disconnect();
  }

  private groupOf(tenantId: string): LogGroup {
    const name = logGroup(tenantId, this.redis.clustered);
    const known = this.groups.get(name);
    if (known) return known;
    const group = new LogGroup(this.redis.clustered ? this.readNow : this.readWaiting, this.log);
    this.groups.set(name, group);
    return group;
  }

  private readonly readWaiting: ReadLogs = (keys, positions, count) =>
    this.connection().xread('COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...positions);

  private readonly readNow: ReadLogs = (keys, positions, count) =>
    this.redis.send(keys[0]!, (client) => client.xread('COUNT', count, 'STREAMS', ...keys, ...positions));

  private connection(): Redis {
    if (this.client) return this.client;
    this.client = new Redis(this.config.redisUrl, {
      maxRetriesPerRequest: 0, // an interrupted read is begun anew, from what is known by then
      commandTimeout: SILENCE_MS,
      retryStrategy: () => RETRY_MS,
    });
    this.client.on('error', () => {}); // each read tells
    return this.client;
  }
}
