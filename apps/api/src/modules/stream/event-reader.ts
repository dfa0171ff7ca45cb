import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Config } from '../../config/config.js';
import { requestStore } from '../../platform/request-context.js';
import { EventDetails } from './event-details.js';
import { EventLog, loggedEvents } from './event-log.js';
import { logKey } from './live-events.js';
import { TenantChannel, type Watcher } from './tenant-channel.js';

const BATCH = 250;
/** How long a read waits for events; also how long a tenant that is new here waits to be read along. */
const BLOCK_MS = 500;
/** Between two reads: what happens together is sent together, and its counts are read once. */
const PAUSE_MS = 100;
/** A tenant whose events take longer to be sent is not read until they are, and keeps no other one waiting. */
const DELIVERY_MS = 1_000;
const RETRY_MS = 500;
/** A server that is silent for so long is gone. */
const SILENCE_MS = 5_000;

/** Reads the logs of all tenants that are watched in this process, over one connection of its own: its reads block. */
@Injectable()
export class EventReader implements OnApplicationShutdown {
  private readonly logger = new Logger('live-events');
  private readonly channels = new Map<string, TenantChannel>();
  private client: Redis | undefined;
  private reading = false;
  private stopped = false;
  /** Events may have been missed since the last read. */
  private interrupted = false;

  constructor(
    private readonly config: Config,
    private readonly log: EventLog,
    private readonly details: EventDetails,
  ) {}

  /** Sends a watcher what has happened since its client's last event, and all that happens until it leaves.
   *  @throws RedisUnavailable */
  async join(tenantId: string, watcher: Watcher, lastEventId: string | undefined): Promise<void> {
    const position = await this.log.end(tenantId);
    if (!watcher.stream.open) return; // gone already
    let channel = this.channels.get(tenantId);
    if (!channel) {
      channel = new TenantChannel(tenantId, position, this.log, this.details);
      this.channels.set(tenantId, channel);
    }
    channel.watchers.add(watcher);
    await channel.begin(watcher, lastEventId);
    void channel.catchUp(watcher);
    // Not as part of the request that happens to be the first.
    requestStore.exit(() => void this.read());
  }

  leave(tenantId: string, watcher: Watcher): void {
    const channel = this.channels.get(tenantId);
    channel?.watchers.delete(watcher);
    if (channel?.watchers.size === 0) this.channels.delete(tenantId);
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    this.client?.disconnect();
  }

  /** Until nobody watches any more. */
  private async read(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    while (this.channels.size > 0 && !this.stopped) {
      try {
        if (this.interrupted) await this.recover();
        await this.readOnce();
        await sleep(PAUSE_MS);
      } catch (error) {
        if (!this.interrupted && !this.stopped)
          this.logger.warn({ msg: 'live events cannot be read', err: String(error) });
        this.interrupted = true;
        await sleep(RETRY_MS);
      }
    }
    this.reading = false;
  }

  private async readOnce(): Promise<void> {
    const ready = new Map(
      [...this.channels]
        .filter(([, channel]) => !channel.busy)
        .map(([tenantId, channel]) => [logKey(tenantId), { tenantId, channel }]),
    );
    if (ready.size === 0) return;
    const positions = [...ready.values()].map(({ channel }) => channel.position);
    const answer = await this.connection().xread(
      ...(['COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS'] as const),
      ...ready.keys(),
      ...positions,
    );
    const deliveries = (answer ?? []).map(async ([key, entries]) => {
      const { tenantId, channel } = ready.get(key)!;
      // As many as that: the log may have been cut before they were read.
      if (entries.length === BATCH && (await this.isGone(tenantId, channel))) await this.restart(tenantId, channel);
      else await channel.deliver(loggedEvents(entries));
    });
    await Promise.race([Promise.all(deliveries), sleep(DELIVERY_MS)]);
  }

  /** After the connection was lost: a log that still holds what was read last has lost nothing. */
  private async recover(): Promise<void> {
    await Promise.all(
      [...this.channels].map(async ([tenantId, channel]) => {
        if (await this.isGone(tenantId, channel)) await this.restart(tenantId, channel);
      }),
    );
    this.interrupted = false;
  }

  private async isGone(tenantId: string, channel: TenantChannel): Promise<boolean> {
    return (await this.log.after(tenantId, channel.position, 0)) === undefined;
  }

  private async restart(tenantId: string, channel: TenantChannel): Promise<void> {
    await channel.restart(await this.log.end(tenantId));
  }

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
