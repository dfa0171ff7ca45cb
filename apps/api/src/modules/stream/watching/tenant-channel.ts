import { EventDetails, type SentEvent, type Viewer } from './event-details.js';
import { EventLog, isEventId, isLater, type LoggedEvent } from './event-log.js';
import type { EventStream } from './event-stream.js';

/** A client's stream and its position in the log. */
export class Watcher {
  /** Id of the last event that was sent, or left out because the viewer may not see it. */
  lastId = '';
  /** Whether it has caught up and gets events as they are read. */
  live = false;

  constructor(
    readonly stream: EventStream,
    public viewer: Viewer,
  ) {}

  /** Sends an event and moves the position to it. */
  send({ id, type, data }: SentEvent): void {
    this.stream.event(type, data, id);
    this.lastId = id;
  }
}

const PAGE = 200;

/**
 * The watchers of one tenant in this process. All sending goes through one queue. So each watcher gets each event once
 * and in the order of the log, whether the event was read live or while catching up.
 */
export class TenantChannel {
  readonly watchers = new Set<Watcher>();
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @param position id of the last event that was read for all live watchers */
  constructor(
    private readonly tenantId: string,
    public position: string,
    private readonly log: EventLog,
    private readonly details: EventDetails,
  ) {}

  /** Whether events are still being sent. */
  get busy(): boolean {
    return this.waiting > 0;
  }

  /** Sets the position of a new watcher after the last event that its client got. Sends a `reset` if there is none, or
   *  if Redis no longer has it.
   *  @throws RedisUnavailable */
  async begin(watcher: Watcher, lastEventId: string | undefined): Promise<void> {
    if (lastEventId && isEventId(lastEventId) && (await this.log.after(this.tenantId, lastEventId, 0)))
      watcher.lastId = lastEventId;
    else watcher.send({ id: await this.log.end(this.tenantId), type: 'reset', data: {} });
  }

  /** Sends the events since the watcher's position, then makes it a live one. */
  async catchUp(watcher: Watcher): Promise<void> {
    try {
      while (watcher.stream.open && !(await this.enqueue(() => this.nextPage(watcher)))) await watcher.stream.room();
    } catch {
      watcher.stream.destroy(); // the client reconnects and resumes from its last event
    }
  }

  /** Sends events to the live watchers. If Postgres cannot be read for their details, ends the streams: clients
   *  reconnect and resume. */
  async deliver(events: LoggedEvent[]): Promise<void> {
    this.position = events.at(-1)!.id;
    await this.enqueue(async () => {
      try {
        await this.send(events, this.live());
      } catch {
        for (const { stream } of this.live()) stream.destroy();
      }
    });
  }

  /** Called when events are missing. Sends a `reset`, so that clients read everything anew. */
  async restart(position: string): Promise<void> {
    this.position = position;
    await this.enqueue(async () =>
      this.live().forEach((watcher) => watcher.send({ id: position, type: 'reset', data: {} })),
    );
  }

  private live(): Watcher[] {
    return [...this.watchers].filter((watcher) => watcher.live);
  }

  /** Sends the next page of the log to a watcher. Returns whether it has caught up. */
  private async nextPage(watcher: Watcher): Promise<boolean> {
    const page = await this.log.after(this.tenantId, watcher.lastId, PAGE);
    if (page === undefined) await this.begin(watcher, undefined);
    else await this.send(page, [watcher]);
    watcher.live = page !== undefined && page.length < PAGE;
    return watcher.live;
  }

  private async send(events: LoggedEvent[], watchers: Watcher[]): Promise<void> {
    const last = events.at(-1);
    if (!last || watchers.length === 0) return;
    const detailed = await this.details.of(this.tenantId, events);
    for (const watcher of watchers) {
      for (const event of detailed.for(watcher.viewer)) if (isLater(event.id, watcher.lastId)) watcher.send(event);
      if (isLater(last.id, watcher.lastId)) watcher.lastId = last.id;
    }
  }

  private async enqueue<T>(work: () => Promise<T>): Promise<T> {
    this.waiting += 1;
    const result = this.queue.then(work).finally(() => (this.waiting -= 1));
    this.queue = result.catch(() => {});
    return result;
  }
}
