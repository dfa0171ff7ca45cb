// @vitest-environment node
import { once } from 'node:events';
import { mkdtemp, rm, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPagesServer } from './pages.js';

const INDEX = '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><div id="root"></div>';
const html = { accept: 'text/html,application/xhtml+xml' };

let root: string;
let api: Server;
let pages: FastifyInstance;
let url: string;
let asked: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string } | undefined;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'pages-'));
  await mkdir(path.join(root, 'assets'));
  await writeFile(path.join(root, 'index.html'), INDEX);
  await writeFile(path.join(root, 'theme-init.js'), '// theme');
  await writeFile(path.join(root, 'assets/index-abc123.js'), '// script');
  await writeFile(path.join(root, 'assets/index-abc123.js.gz'), gzipSync('// script'));
  api = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method, headers } = request;
      asked = { method, url: request.url, headers, body };
      if (request.url === '/api/v1/stream') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: reset\ndata: {}\n\n'); // the response stays open
        return;
      }
      response.writeHead(302, { location: 'https://issuer.example/', 'set-cookie': '__Host-x=1; Path=/; Secure' });
      response.end();
    });
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  const { port } = api.address() as AddressInfo;
  pages = await createPagesServer({ root, apiUrl: `http://127.0.0.1:${port}` });
  url = await pages.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await pages.close();
  api.closeAllConnections();
  api.close();
  await rm(root, { recursive: true });
});

describe('the pages', () => {
  it.each(['/', '/team', '/licenses/0193a1f0?tab=x'])(
    '%s returns the dashboard, which is never cached',
    async (page) => {
      const response = await fetch(url + page, { headers: html });
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.text()).toContain('id="root"');
    },
  );

  it('allow only scripts of this host, and a new nonce for each response', async () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 2; i += 1) {
      const response = await fetch(url, { headers: html });
      const policy = response.headers.get('content-security-policy')!;
      expect(policy).toMatch(/(^|; )script-src 'self'(;|$)/);
      expect(policy).toContain("default-src 'none'");
      const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? 'none';
      expect(await response.text()).toContain(`nonce="${nonce}"`);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(2);
  });

  it('are cached for a year when their name has a hash, and compressed for browsers that accept it', async () => {
    const response = await fetch(`${url}/assets/index-abc123.js`, { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe('// script');
  });

  it('are revalidated when their name has no hash', async () => {
    const response = await fetch(`${url}/theme-init.js`);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/assets/missing-1.js', '/nothing.png', '/..%2f..%2fetc/passwd'])(
    'when %s does not exist, then the response is 404',
    async (missing) => {
      const response = await fetch(url + missing);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('root');
    },
  );
});

describe('requests for the API', () => {
  it('are forwarded with body, method, origin and cookies, and with the address of the client', async () => {
    const response = await fetch(`${url}/api/v1/auth/refresh?x=1`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        origin: 'http://localhost',
        cookie: '__Host-refresh=a',
        'x-forwarded-for': '6.6.6.6',
      },
      body: '{"a":1}',
    });
    expect(asked).toMatchObject({ method: 'POST', url: '/api/v1/auth/refresh?x=1', body: '{"a":1}' });
    expect(asked!.headers).toMatchObject({
      origin: 'http://localhost',
      cookie: '__Host-refresh=a',
      'x-forwarded-for': '127.0.0.1',
    });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('https://issuer.example/');
    expect(response.headers.get('set-cookie')).toContain('__Host-x=1');
  });

  it('are streamed without buffering', async () => {
    const stop = new AbortController();
    const response = await fetch(`${url}/api/v1/stream`, { signal: stop.signal });
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe('event: reset\ndata: {}\n\n');
    stop.abort();
  });
});
