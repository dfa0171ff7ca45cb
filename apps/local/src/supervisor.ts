import type { ServerEnd, ServerProcess } from '@coditect/local-stack/server-process';

/** A part of the product ended without a request to stop. */
export class PartCrashedError extends Error {
  constructor(name: string, { reason, output }: ServerEnd) {
    const lastLines = output.split('\n').slice(-LINES_SHOWN).join('\n  ').trimEnd();
    super(`${name} ended: ${reason}${lastLines ? `; its last output:\n  ${lastLines}` : ''}`);
  }
}

const LINES_SHOWN = 10;
const STOP_TIMEOUT_MS = 20_000;

interface Part {
  name: string;
  server: ServerProcess;
}

/** Keeps the parts of the product together. They stop in the reverse order of their start, and none outlives the others. */
export class Supervisor {
  readonly #parts: Part[] = [];
  readonly #ending = new AbortController();
  readonly #stopTimeoutMs: number;
  readonly #report: (line: string) => void;

  /** A part that does not stop within `stopTimeoutMs` milliseconds is killed, and `report` is called. */
  constructor({ report, stopTimeoutMs = STOP_TIMEOUT_MS }: { report: (line: string) => void; stopTimeoutMs?: number }) {
    this.#report = report;
    this.#stopTimeoutMs = stopTimeoutMs;
  }

  /** Aborted when the product has to end: `end` was called, or a part ended by itself. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** The part that ended by itself, if that is the reason for the end. */
  get crash(): PartCrashedError | undefined {
    const { reason } = this.ending;
    return reason instanceof PartCrashedError ? reason : undefined;
  }

  /** Requests the end. A part that is starting may finish its start; no other part starts. */
  end(): void {
    this.#ending.abort();
  }

  /**
   * Starts a part and watches it from then on.
   * @throws the reason of `ending` if the product has to end
   */
  async start<S extends ServerProcess>(name: string, starting: () => Promise<S>): Promise<S> {
    this.ending.throwIfAborted();
    const server = await starting();
    this.#parts.push({ name, server });
    void server.ended.then((end) => this.#ending.abort(new PartCrashedError(name, end)));
    this.ending.throwIfAborted();
    return server;
  }

  /** Stops all parts in the reverse order of their start. Each one has ended before the next is stopped. */
  async stop(): Promise<void> {
    this.end();
    for (const { name, server } of this.#parts.toReversed()) {
      const timer = setTimeout(() => {
        this.#report(`${name} does not stop: killed`);
        server.kill();
      }, this.#stopTimeoutMs);
      await server.stop();
      clearTimeout(timer);
    }
  }

  /** Kills all parts at once. */
  kill(): void {
    for (const { server } of this.#parts) server.kill();
  }
}
