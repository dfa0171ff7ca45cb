import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fastifyHttpProxy from '@fastify/http-proxy';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

export interface PagesOptions {
  /** The built dashboard. */
  root: string;
  /** Where the API is. Requests for it go through, so that browser and API have one origin and one cookie jar. */
  apiUrl: string;
}

/** The paths under the dashboard's host name that the API answers. */
const API_PATHS = ['/api', '/.well-known', '/docs', '/dev/mail'];
const NONCE = '__CSP_NONCE__'; // as in vite.config.ts
/** Browsers keep what has a hash in its name; a year is the longest that caches honour (RFC 9111, section 5.2.2.1). */
const ASSET_SECONDS = 365 * 24 * 60 * 60;
/** A live stream stays open. */
const NO_TIMEOUT = 0;

/** Serves the pages of the dashboard, and hands calls of the API on to it. */
export async function createPagesServer({ root, apiUrl }: PagesOptions): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: true, requestTimeout: 60_000 });
  const page = readFileSync(path.join(root, 'index.html'), 'utf8');

  for (const prefix of API_PATHS)
    await app.register(fastifyHttpProxy, {
      upstream: apiUrl,
      prefix,
      rewritePrefix: prefix,
      disableRequestLogging: true,
      http: { requestOptions: { timeout: NO_TIMEOUT } },
      replyOptions: {
        // The API counts and logs by the caller's address (its TRUST_PROXY names this server).
        rewriteRequestHeaders: (request, headers) => ({ ...headers, 'x-forwarded-for': request.ip }),
      },
    });

  await app.register(async (pages) => {
    pages.addHook('onSend', async (_request, reply) => {
      secure(reply);
    });
    await pages.register(fastifyStatic, {
      root,
      index: false,
      wildcard: false,
      preCompressed: true,
      cacheControl: false,
      setHeaders: (response, file) => {
        const hashed = file.includes(`${path.sep}assets${path.sep}`);
        response.header('cache-control', hashed ? `public, max-age=${ASSET_SECONDS}, immutable` : 'no-cache');
      },
    });
    pages.get('/healthz', async () => ({ status: 'ok' }));
    // Every other path is a page: the router in the browser knows which.
    pages.setNotFoundHandler(async (request, reply) => {
      const wantsPage = request.method === 'GET' && request.headers.accept?.includes('text/html');
      if (!wantsPage) return reply.code(404).type('text/plain').send('Not found');
      return sendPage(reply, page);
    });
  });
  return app;
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  return reply
    .code(200)
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', policy(nonce))
    .send(page.replaceAll(NONCE, nonce));
}

/** Scripts, styles and calls from here only, and no inline script (CSP Level 3). The nonce is for the one style element that
 *  dialogs write. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    // Positions and widths that scripts set by attribute, charts above all. They can load nothing.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function secure(reply: FastifyReply): void {
  void reply.headers({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
    'x-frame-options': 'DENY',
  });
}
