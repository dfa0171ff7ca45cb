import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '#config/config';
import { RedisConnection } from '#platform/redis/redis-connection';
import { requestStore } from '#platform/request-context';
import { EventDetails } from './event-details.js';
import { EventLog } from './event-log.js';
import { logGroup } from '../live-events.js';
import { LogGroup, type ReadLogs, RETRY_MS } from './log-group.js';
import { TenantChannel, type Watcher } from './tenant-channel.js';

/** How long a read waits for events. A tenant that is new in this process waits as long until it is included. */
const BLOCK_MS = 500;
/** A Redis server that does not answer for this long counts as lost. */
const SILENCE_MS = 5_000;

/**
 * Reads the logs of all tenants that are watched in this process. On a single server it uses a connection of its own,
 * because its reads block. In a cluster it reads group by group without blocking, because groups share the connection
 * to their node.
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

  /** Adds a watcher. It gets the events since its client's last one, and new ones until it leaves.
   *  @throws RedisUnavailable */
  async join(tenantId: string, watcher: Watcher, lastEventId: string | undefined): Promise<void> {
    const position = await this.log.end(tenantId);
    if (!watcher.stream.open) return; // closed meanwhile
    const group = this.groupOf(tenantId);
    let channel = group.channels.get(tenantId);
    if (!channel) {
      channel = new TenantChannel(tenantId, position, this.log, this.details);
      group.channels.set(tenantId, channel);
    }
    channel.watchers.add(watcher);
    await channel.begin(watcher, lastEventId);
    void channel.catchUp(watcher);
    // Read outside of this request's context: the reading goes on after the request.
    requestStore.exit(() => void group.readOn());
  }

  /** Removes a watcher. Reading of a tenant stops with its last one. */
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
      maxRetriesPerRequest: 0, // do not repeat a read with old positions: LogGroup starts a new one
      commandTimeout: SILENCE_MS,
      retryStrategy: () => RETRY_MS,
    });
    this.client.on('error', () => {}); // reads fail with the same error
    return this.client;
  }
}
