import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fastifyHttpProxy from '@fastify/http-proxy';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

export interface PagesOptions {
  /** The folder of the built dashboard. */
  root: string;
  /**
   * The address of the API. Requests for it are forwarded, so that dashboard and API share one origin and its cookies.
   */
  apiUrl: string;
}

/** Requests below these paths are forwarded to the API. */
const API_PATHS = ['/api', '/.well-known', '/docs', '/dev/mail'];
const NONCE = '__CSP_NONCE__'; // as in vite.config.ts
/** Files with a hash in their name never change. Caches honour at most a year (RFC 9111, section 5.2.2.1). */
const ASSET_SECONDS = 365 * 24 * 60 * 60;
/** Live streams stay open. */
const NO_TIMEOUT = 0;

/** Serves the dashboard, and forwards requests for the API. */
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
        // The API counts and logs by the address of the client (its TRUST_PROXY names this server).
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
    // Every other path is a page, which the router in the browser resolves.
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

/** Allows scripts, styles and requests of this host only, and no inline scripts (CSP Level 3). The nonce is for the one
 *  style element that dialogs insert. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    // Positions and widths that scripts set as style attributes, mainly charts. Attributes cannot load anything.
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
