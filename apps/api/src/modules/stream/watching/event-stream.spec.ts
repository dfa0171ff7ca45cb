import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { EventStream } from './event-stream.js';

const server = createServer();
afterEach(() => server.closeAllConnections());

/** A stream, and the response that sends it to a client. */
async function connected(): Promise<{ stream: EventStream; client: IncomingMessage }> {
  const stream = new EventStream();
  server.once('request', (_request, response) => {
    response.once('close', () => stream.destroy());
    stream.pipe(response);
  });
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, agent: false });
  const [client] = (await once(request, 'response')) as [IncomingMessage];
  client.on('error', () => {});
  return { stream, client };
}

it('a client that reads gets everything, however much', async () => {
  const { stream, client } = await connected();
  let bytes = 0;
  client.on('data', (chunk: Buffer) => (bytes += chunk.length));
  const text = 'x'.repeat(50_000);
  for (let i = 0; i < 100; i += 1) {
    stream.event('seat.acquired', { text });
    await stream.room();
  }
  stream.close();
  await once(client, 'end');
  expect(bytes).toBeGreaterThan(5_000_000);
});

it('a client that does not read is disconnected once more than 256 KiB wait for it', async () => {
  const { stream, client } = await connected();
  client.pause();
  const text = 'x'.repeat(50_000);
  let waiting = 0;
  for (let i = 0; i < 1_000 && stream.open; i += 1) {
    stream.event('seat.acquired', { text });
    waiting = Math.max(waiting, stream.readableLength);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(stream.open).toBe(false);
  expect(waiting).toBeLessThan(256 * 1024 + text.length + 100);
});

it('nothing is written to a client that has disconnected', async () => {
  const { stream, client } = await connected();
  client.destroy();
  await once(stream, 'close');
  stream.event('seat.acquired', {});
  stream.keepAlive();
  stream.close();
  expect(stream.open).toBe(false);
  await stream.room();
});
