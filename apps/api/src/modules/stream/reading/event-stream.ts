import { once } from 'node:events';
import { Readable } from 'node:stream';

/** What a client may leave unread before it is cut off. It resumes from the last event that it got. */
const MAX_UNREAD_BYTES = 256 * 1024;
const ENOUGH_BYTES = 64 * 1024;
const RETRY_MS = 3_000;

/** The body of one client's stream: Server-Sent Events (HTML Standard, section 9.2). */
export class EventStream extends Readable {
  private ended = false;

  constructor() {
    super({ highWaterMark: ENOUGH_BYTES });
    this.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Called when there is room. Events are pushed as they happen, so that only somebody with more to say waits for it. */
  override _read(): void {
    this.emit('room');
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.emit('room');
    done(error);
  }

  /** Waits until the client has read most of what was written, or is gone. */
  async room(): Promise<void> {
    if (this.open && this.readableLength >= ENOUGH_BYTES) await once(this, 'room');
  }

  /** @param data one line of JSON */
  event(type: string, data: object, id?: string): void {
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** A comment: shows proxies and the client that the connection lives. */
  beat(): void {
    this.write(':\n\n');
  }

  /** Ends the answer after what has been written. */
  close(): void {
    if (this.open) this.push(null);
    this.ended = true;
  }

  get open(): boolean {
    return !this.destroyed && !this.ended;
  }

  private write(text: string): void {
    if (!this.open) return;
    this.push(text);
    if (this.readableLength > MAX_UNREAD_BYTES) this.destroy();
  }
}
