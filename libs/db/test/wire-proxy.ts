import { once } from 'node:events';
import net from 'node:net';
import { afterAll, vi } from 'vitest';

/** A message of the PostgreSQL protocol. `type` is its first byte: P Parse, E Execute or ErrorResponse, S Sync, Z ReadyForQuery… */
export interface WireMessage {
  from: 'client' | 'server';
  type: string;
  /** The name of the prepared statement in a Parse, '' if unnamed. */
  name?: string;
}

/** A proxy between a pool and PostgreSQL (without TLS). Records messages, holds answers back, and cuts connections. */
export interface WireProxy {
  /** Returns `url` with the proxy as its host. */
  through(url: string): string;
  /** Forgets the recorded messages. */
  clear(): void;
  messages(): WireMessage[];
  /** Returns how often the client sent messages and waited for an answer. */
  roundTrips(): number;
  /** Holds back every ReadyForQuery until `release`. */
  hold(): void;
  /** Resolves when one is held back. */
  held(): Promise<void>;
  release(): void;
  /** Breaks all connections without a protocol message. */
  cut(): void;
}

export async function wireProxy(serverUrl: string): Promise<WireProxy> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<net.Socket>();
  let seen: WireMessage[] = [];
  let holding = false;
  let kept: (() => void)[] = [];

  const server = net.createServer((client) => {
    const upstream = net.connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => {});
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    const fromClient = messageReader(true);
    const fromServer = messageReader(false);
    client.on('data', (data: Buffer) => {
      for (const message of fromClient(data)) {
        seen.push(describe('client', message));
        upstream.write(message);
      }
    });
    upstream.on('data', (data: Buffer) => {
      for (const message of fromServer(data)) {
        const pass = () => {
          seen.push(describe('server', message));
          client.write(message);
        };
        if (holding && message[0] === READY_FOR_QUERY) kept.push(pass);
        else pass();
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address() as net.AddressInfo;
  const cut = () => sockets.forEach((socket) => socket.destroy());
  afterAll(() => {
    cut();
    server.close();
  });

  return {
    through: (url) => Object.assign(new URL(url), { port: String(address.port) }).href,
    clear: () => void (seen = []),
    messages: () => seen,
    roundTrips: () => seen.filter(({ from }, i) => from === 'client' && seen[i - 1]?.from !== 'client').length,
    hold: () => void (holding = true),
    async held() {
      await vi.waitUntil(() => kept.length > 0, { interval: 1 });
    },
    release() {
      holding = false;
      kept.forEach((pass) => pass());
      kept = [];
    },
    cut,
  };
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0);

/** Splits a stream into messages: a type byte, then a length that includes itself. The startup message has no type. */
function messageReader(startup: boolean): (data: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0);
  let typed = startup ? 0 : 1;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    const messages: Buffer[] = [];
    while (rest.length >= typed + 4) {
      const length = typed + rest.readInt32BE(typed);
      if (rest.length < length) break;
      messages.push(rest.subarray(0, length));
      rest = rest.subarray(length);
      typed = 1;
    }
    return messages;
  };
}

function describe(from: WireMessage['from'], message: Buffer): WireMessage {
  const type = message[0] === 0 ? 'startup' : String.fromCharCode(message[0] ?? 0);
  return from === 'client' && type === 'P'
    ? { from, type, name: message.subarray(5, message.indexOf(0, 5)).toString() }
    : { from, type };
}
