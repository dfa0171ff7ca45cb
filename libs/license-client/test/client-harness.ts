import { setImmediate as turn } from 'node:timers/promises';
import { LicenseClient, type LicenseClientOptions, type LicenseEventName, type LicenseEvents } from '../src/client.js';
import type { Fetch } from '../src/http-client.js';
import { EMAIL, LicenseServer, PASSWORD } from './license-server.js';
import { VirtualTiming } from './virtual-timing.js';

export const MACHINE = '7d3c6a1e-5b0f-4a53-9d53-1c3f8a0c9b11';
const EVENTS = ['acquired', 'renewed', 'degraded', 'recovered', 'lost', 'denied'] as const;

/** Clients that talk to a real server over HTTP, while the test moves the time of both. */
export class ClientHarness {
  readonly timing = new VirtualTiming();
  readonly #clients: LicenseClient[] = [];
  #underWay = 0;

  private constructor(readonly server: LicenseServer) {
    server.now = () => this.timing.now();
  }

  static async start(): Promise<ClientHarness> {
    return new ClientHarness(await LicenseServer.start());
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  client(options: Partial<LicenseClientOptions> = {}): LicenseClient {
    const client = new LicenseClient({
      baseUrl: this.server.url,
      credentials: { email: EMAIL, password: PASSWORD },
      machineId: MACHINE,
      timing: this.timing,
      fetch: this.#fetch,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** Advances time. Every request that a timer starts is answered before the next timer. */
  async pass(seconds: number): Promise<void> {
    await this.idle();
    const end = this.timing.now() + seconds * 1000;
    while (this.timing.now() + this.timing.nextDelay <= end) {
      await this.timing.advance(this.timing.nextDelay);
      await this.idle();
    }
    await this.timing.advance(end - this.timing.now());
  }

  /** Waits for an outcome and advances time until there is one. */
  async outcome<Result>(promise: Promise<Result>): Promise<Result> {
    const state = { settled: false };
    const done = promise.finally(() => {
      state.settled = true;
    });
    done.catch(() => undefined);
    while (!state.settled) {
      if (this.#underWay === 0 && this.timing.timers.some(({ keepsAlive }) => keepsAlive)) {
        await this.timing.advance(this.timing.nextDelay);
      }
      await turn();
    }
    return await done;
  }

  /** Resolves when no request is under way and every client with a seat has planned its next step. */
  async idle(): Promise<void> {
    const holding = () => this.#clients.filter(({ seat }) => seat !== undefined).length;
    while (this.#underWay > 0 || this.timing.timers.length < holding()) await turn();
  }

  readonly #fetch: Fetch = async (url, init) => {
    this.#underWay += 1;
    try {
      const response = await fetch(url, init);
      const body = await response.text();
      return { status: response.status, headers: response.headers, text: async () => body };
    } finally {
      this.#underWay -= 1;
    }
  };
}

/** Collects the names of a client's events, in order. */
export function eventLog(client: LicenseClient): LicenseEventName[] {
  const log: LicenseEventName[] = [];
  for (const name of EVENTS) client.on(name, () => log.push(name));
  return log;
}

/** Resolves with the next event of this name. */
export function nextEvent<Name extends LicenseEventName>(
  client: LicenseClient,
  name: Name,
): Promise<LicenseEvents[Name]> {
  return new Promise((resolve) => {
    const off = client.on(name, (event) => {
      off();
      resolve(event);
    });
  });
}

/** Returns the error with which a call rejects. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: unknown) => error,
  );
}
