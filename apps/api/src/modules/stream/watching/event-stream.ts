import { once } from 'node:events';
import { Readable } from 'node:stream';

/** A client with more unread bytes than this is disconnected. It can resume from the last event that it got. */
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

  /** Called by Node when there is room. Events are pushed as they happen; only `room()` waits for this. */
  override _read(): void {
    this.emit('room');
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.emit('room');
    done(error);
  }

  /** Waits until the client has read most of what was written, or has disconnected. */
  async room(): Promise<void> {
    if (this.open && this.readableLength >= ENOUGH_BYTES) await once(this, 'room');
  }

  /** Writes an event.
   *  @param data is written as one line of JSON */
  event(type: string, data: object, id?: string): void {
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Writes a comment, so that proxies and the client see that the connection is alive. */
  keepAlive(): void {
    this.write(':\n\n');
  }

  /** Ends the response after what has been written. */
  close(): void {
    if (this.open) this.push(null);
    this.ended = true;
  }

  /** Whether events can still be written. */
  get open(): boolean {
    return !this.destroyed && !this.ended;
  }

  private write(text: string): void {
    if (!this.open) return;
    this.push(text);
    if (this.readableLength > MAX_UNREAD_BYTES) this.destroy();
  }
}
