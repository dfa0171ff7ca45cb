import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendTo } from '#test/webhook-sending';
import { HostLookup } from './webhook-addresses.js';

const DROP_MS = 300;
const drops: NodeJS.Timeout[] = [];
const drip = (drop: () => unknown) => drops.push(setInterval(drop, DROP_MS));
const fill = (response: ServerResponse): void => {
  while (response.write('x'.repeat(65_536)));
  response.once('drain', () => fill(response));
};

/** Answers of a malicious receiver. */
const answers: Record<string, (response: ServerResponse) => void> = {
  silent: () => {},
  'slow head': ({ socket }) => {
    socket!.write('HTTP/1.1 200 OK\r\nx: y');
    drip(() => socket!.write('\r\nx: y'));
  },
  'slow body': (response) => {
    response.writeHead(200).write('x');
    drip(() => response.write('x'));
  },
  'endless head': ({ socket }) => socket!.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(100_000)}`),
  'endless body': (response) => fill(response.writeHead(200)),
  bomb: (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(9_000_000))),
  'endless wait': (response) => response.writeHead(503, { 'retry-after': '9999999999' }).end(),
  redirect: (response) => response.writeHead(307, { location: '/silent' }).end(),
};

let server: Server;
let open = 0;
beforeAll(async () => {
  server = createServer((request, response) => answers[decodeURI(request.url!.slice(1))]!(response));
  server.on('connection', (socket) => {
    open += 1;
    socket.on('close', () => (open -= 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  drops.forEach(clearInterval);
  server.closeAllConnections();
  server.close();
});

const send = (path: string) =>
  sendTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`, new HostLookup(), true);

describe('an answer', () => {
  it('that does not come, or comes byte by byte, is given up after ten seconds; a received status counts', async () => {
    const [silent, head, body] = await Promise.all(['silent', 'slow head', 'slow body'].map(send));
    for (const sent of [silent, head])
      expect(sent).toMatchObject({ statusCode: null, error: 'no answer within 10 seconds' });
    expect(body).toMatchObject({ statusCode: 200, body: expect.stringMatching(/^x+$/) as string });
    for (const { durationMs } of [silent!, head!, body!]) {
      expect(durationMs).toBeGreaterThan(9_900);
      expect(durationMs).toBeLessThan(12_000);
    }
    await expect.poll(() => open).toBe(0);
  }, 20_000);

  it('without end is read up to 2 KB, then its connection is closed', async () => {
    const sent = await send('endless body');
    expect(sent).toMatchObject({ statusCode: 200, body: 'x'.repeat(2048) });
    expect((await send('endless head')).error).toContain('UND_ERR_HEADERS_OVERFLOW');
    await expect.poll(() => open).toBe(0);
  });

  it('that is compressed is not decompressed', async () => {
    const { statusCode, body } = await send('bomb');
    expect([statusCode, body!.length <= 2048, body!.startsWith('\u001F')]).toEqual([200, true, true]);
  });

  it('with a redirect is not followed, and a Retry-After of centuries is returned in ms', async () => {
    expect(await send('redirect')).toMatchObject({ statusCode: 307 });
    expect(await send('endless wait')).toMatchObject({ statusCode: 503, retryAfterMs: 9_999_999_999_000 });
  });
});

describe('a URL', () => {
  it.each(['/redirect\r\nx-injected: 1', '/redirect%0d%0ax-injected: 1', '/redirect#\r\n'])(
    'cannot inject headers: %j',
    async (path) => {
      let headers: string[] = [];
      server.prependOnceListener('request', (request) => {
        headers = request.rawHeaders;
        request.url = '/redirect';
      });
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
      await sendTo(url, new HostLookup(), true);
      expect(headers.length).toBeGreaterThan(0);
      expect(headers.map((name) => name.toLowerCase())).not.toContain('x-injected');
    },
  );
});
