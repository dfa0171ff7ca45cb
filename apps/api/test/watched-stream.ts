import { expect } from 'vitest';
import type { TestApp } from './app.js';
import type { TestUser } from './factory.js';

export interface ReceivedEvent {
  id: string | undefined;
  type: string;
  data: Record<string, unknown>;
}

/** A client of the live events, like a dashboard. It keeps everything it receives. */
export class WatchedStream {
  readonly events: ReceivedEvent[] = [];
  /** Lines that are not events: comments and the reconnection time. */
  readonly lines: string[] = [];
  ended = false;

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    void this.read();
  }

  /** @throws Error if the stream is refused */
  static async open(baseUrl: string, accessToken: string, lastEventId?: string): Promise<WatchedStream> {
    const abort = new AbortController();
    const response = await requestStream(baseUrl, accessToken, lastEventId, abort.signal);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return new WatchedStream(response, abort);
  }

  get lastId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  of(type: string): ReceivedEvent['data'][] {
    return this.events.filter((event) => event.type === type).map(({ data }) => data);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Waits for so many events of a type. @param withinMs the promised bound */
  async expect(type: string, count = 1, withinMs = 2_000): Promise<ReceivedEvent['data'][]> {
    await expect.poll(() => this.of(type).length, { timeout: withinMs, interval: 10 }).toBeGreaterThanOrEqual(count);
    return this.of(type);
  }

  close(): void {
    this.abort.abort();
  }

  private async read(): Promise<void> {
    let text = '';
    try {
      for await (const chunk of this.response.body!.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + chunk).split('\n\n');
        text = blocks.pop()!;
        blocks.forEach((block) => this.take(block));
      }
    } catch {
      // The stream was cut by one of the sides.
    }
    this.ended = true;
  }

  private take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => line.split(/: ?(.*)/s) as [string, string]));
    const data = fields.get('data');
    if (data === undefined) this.lines.push(block);
    else
      this.events.push({
        id: fields.get('id'),
        type: fields.get('event')!,
        data: JSON.parse(data) as ReceivedEvent['data'],
      });
  }
}

/** Returns the response to a request for a stream, which may be a refusal. */
export function requestStream(
  baseUrl: string,
  accessToken: string,
  lastEventId?: string,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${baseUrl}/api/v1/stream`, {
    headers: { authorization: `Bearer ${accessToken}`, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) },
    ...(signal && { signal }),
  });
}

type Watcher = Pick<TestUser, 'accessToken'>;

/** Opens streams for the tests of a spec, and closes them after each test. */
export class StreamWatchers {
  private readonly opened: WatchedStream[] = [];

  async watch({ app }: TestApp, { accessToken }: Watcher, lastEventId?: string): Promise<WatchedStream> {
    const stream = await WatchedStream.open(await app.getUrl(), accessToken, lastEventId);
    this.opened.push(stream);
    return stream;
  }

  /** Opens a stream and waits until it has begun, so that it shows everything that happens next. */
  async fromNow(api: TestApp, watcher: Watcher): Promise<WatchedStream> {
    const stream = await this.watch(api, watcher);
    await stream.expect('reset');
    return stream;
  }

  closeAll(): void {
    for (const stream of this.opened.splice(0)) stream.close();
  }
}
