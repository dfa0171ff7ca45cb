import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type EventLog, loggedEvents, type RawEntry } from './event-log.js';
import type { TenantChannel } from './tenant-channel.js';

/** Reads the entries after these positions in logs; null if there are none. */
export type ReadLogs = (
  keys: string[],
  positions: string[],
  count: number,
) => Promise<[key: string, entries: RawEntry[]][] | null>;

const BATCH = 250;
/** Pause between two reads. Events that happen together are sent together, so that their counts are read once. */
const PAUSE_MS = 100;
/** How long a read waits for its events to be sent. A slower tenant is left out of reads until it is done, and delays
 *  no other. */
const DELIVERY_MS = 1_000;
/** Pause after a failed read. */
export const RETRY_MS = 500;

/** The watched tenants whose logs are read with one command. Reads as long as there are watchers. */
export class LogGroup {
  readonly channels = new Map<string, TenantChannel>();
  private readonly logger = new Logger('live-events');
  private reading = false;
  private stopped = false;
  /** Whether events may have been missed since the last read. */
  private interrupted = false;

  constructor(
    private readonly read: ReadLogs,
    private readonly log: EventLog,
  ) {}

  /** Stops reading after the current read. */
  stop(): void {
    this.stopped = true;
  }

  /** Reads until there are no watchers. Returns at once if it is reading already. */
  async readOn(): Promise<void> {
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
        .map(([tenantId, channel]) => [this.log.keyOf(tenantId), { tenantId, channel }]),
    );
    if (ready.size === 0) return;
    const positions = [...ready.values()].map(({ channel }) => channel.position);
    const answer = await this.read([...ready.keys()], positions, BATCH);
    const deliveries = (answer ?? []).map(async ([key, entries]) => {
      const { tenantId, channel } = ready.get(key)!;
      // A full batch: the log may have been trimmed before it was read, so check that the position still exists.
      if (entries.length === BATCH && (await this.isGone(tenantId, channel))) await this.restart(tenantId, channel);
      else await channel.deliver(loggedEvents(entries));
    });
    await Promise.race([Promise.all(deliveries), sleep(DELIVERY_MS)]);
  }

  /** Called after the connection was lost. A log that still has the last read event has lost none since. */
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
}
