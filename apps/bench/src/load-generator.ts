import type { RecordableHistogram } from 'node:perf_hooks';
import { Client } from 'undici';

/** One request. Most are built once and sent many times, so that the load costs little compared to the server. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: string[];
  readonly body?: Buffer;
  /** Returns what is wrong with the response, if anything. */
  readonly answered: (status: number, body: Buffer) => string | undefined;
}

/** Returns the next request, or undefined when there are no more. */
export type Workload = () => Call | undefined;

/** Collects the results of requests. */
export interface Tally {
  /** Latencies in µs. */
  latencies: RecordableHistogram;
  /** Errors and how often each occurred. */
  errors: Map<string, number>;
}

const ANSWER_TIMEOUT_MS = 30_000;
const NOTHING = Buffer.alloc(0);

/** Connections that each send one request after another. */
export class LoadGenerator {
  private readonly clients: Client[];

  constructor(url: string, connections: number) {
    this.clients = Array.from(
      { length: connections },
      () => new Client(url, { pipelining: 1, headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS }),
    );
  }

  /** Sends requests for a number of seconds or until there are no more, and waits for the last response. */
  async run(workload: Workload, seconds: number, tally: Tally) {
    const begun = performance.now();
    const until = begun + seconds * 1000;
    const counts = await Promise.all(this.clients.map((client) => drive(client, workload, until, tally)));
    return { requests: counts.reduce((sum, n) => sum + n, 0), seconds: (performance.now() - begun) / 1000 };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }
}

/** @returns how many requests were answered, including errors */
function drive(client: Client, workload: Workload, until: number, tally: Tally): Promise<number> {
  return new Promise((resolve) => {
    let count = 0;
    let call: Call | undefined;
    let sentAt = 0;
    let status = 0;
    let body: Buffer = NOTHING;

    const send = () => {
      sentAt = performance.now();
      call = sentAt < until ? workload() : undefined;
      if (call === undefined) return resolve(count);
      body = NOTHING;
      client.dispatch(call, handler);
    };
    const finish = (problem: string | undefined) => {
      count += 1;
      tally.latencies.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
      if (problem !== undefined) tally.errors.set(problem, (tally.errors.get(problem) ?? 0) + 1);
      send();
    };
    // The older handler interface of undici. With the newer one undici parses every header of every response, a fifth
    // of its work.
    const handler = {
      onConnect() {},
      onHeaders(statusCode: number) {
        status = statusCode;
        return true;
      },
      onData(chunk: Buffer) {
        body = body === NOTHING ? chunk : Buffer.concat([body, chunk]);
        return true;
      },
      onComplete() {
        finish(call!.answered(status, body));
      },
      onError(error: Error) {
        finish('code' in error ? String(error.code) : error.message);
      },
    };
    send();
  });
}
