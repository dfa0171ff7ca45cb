import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '#config/config';
import type { TrustProxy } from '#config/http-settings';
import { ApplicationRef } from './application-ref.js';
import { answerOtherMethods } from './allowed-methods.js';
import { BASE_PATH } from '../base-path.js';
import { answerClientError } from './client-errors.js';
import { readJsonBodies } from './json-body.js';
import { ProblemError, temporarilyUnavailable } from '../problems/problem.js';
import { sendProblem } from '../problems/problem.filter.js';
import { observeRequests } from '../observability/request-observation.js';
import { requestStore } from '../request-context.js';

const BODY_LIMIT_BYTES = 256 * 1024;
const MAX_USER_AGENT = 512;
const REQUEST_TIMEOUT_MS = 30_000;
/** What a connection that was never used has, when the application stops, to bring a request and be told so. */
const UNUSED_MS = 1_000;
const REQUEST_ID = /^[\w.-]{8,128}$/;

/** Outside of the base path. */
const ABSOLUTE = ['.well-known/jwks.json', 'healthz', 'readyz', 'metrics', 'docs', 'docs/*path', 'dev/mail'];

const CORS = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  credentials: true,
  exposedHeaders: [
    'ETag',
    'Idempotency-Replayed',
    'Location',
    'RateLimit',
    'RateLimit-Policy',
    'Retry-After',
    'X-Request-Id',
  ],
  maxAge: 7200, // the longest that Chromium keeps a preflight, in seconds
  strictPreflight: false,
};

/** The HTTP application, not yet listening. Tests and the real process make it the same way. */
export async function createHttpApp(
  module: DynamicModule,
  logger: LoggerService,
  config: Pick<Config, 'http' | 'corsOrigins' | 'observability'>,
): Promise<NestFastifyApplication> {
  const adapter = new HttpAdapter({
    trustProxy: trustOf(config.http.trustProxy),
    bodyLimit: BODY_LIMIT_BYTES,
    // For receiving a whole request: a client that dribbles must not hold a connection for ever.
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { requireHostHeader: false }, // refused below: Node's own answer has no body
    // What the router refuses before any route, a URL that cannot be decoded for one.
    frameworkErrors: (error: Error & { code?: string }, request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('x-request-id', request.id);
      const code = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'uri_too_long' : 'bad_request';
      sendProblem(new ProblemError(code), request, reply);
    },
    clientErrorHandler: answerClientError,
    // Only a sane id is taken over: it is written to logs and audit entries.
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    return503OnClosing: false, // answered below, as a problem
    forceCloseConnections: 'idle',
  });
  const application = new ApplicationRef();
  const app = await NestFactory.create<NestFastifyApplication>(offering(module, application), adapter, {
    logger,
    abortOnError: false,
    bodyParser: false, // Fastify's own: JSON, and nothing a form could send across sites
  });
  application.set(app);
  app.setGlobalPrefix(BASE_PATH, { exclude: ABSOLUTE });
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');
  readJsonBodies(fastify);
  await fastify.register(cookie);
  await fastify.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } });
  if (config.corsOrigins.length > 0) app.enableCors({ ...CORS, origin: [...config.corsOrigins] });
  fastify.addHook('onRequest', (request, reply, done) => {
    // Answers belong to who asked; a route whose answer is everybody's says so itself.
    void reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
    const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT);
    requestStore.run({ requestId: request.id, ip: addressOf(request), userAgent, logContext: {} }, done);
  });
  observeRequests(fastify, config.observability);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!adapter.stopping) return done();
    sendProblem(temporarilyUnavailable('This process is shutting down.', 1), request, reply);
  });
  refuseRequestsWithoutHost(fastify);
  // What we do not know of is not ours to meet (RFC 9110, section 10.1.1), and Node's own 417 has no body.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
  closeConnectionsWhenStopping(fastify, adapter);
  answerOtherMethods(fastify);
  // Without useProcessExit the process would end by the signal, which looks like a crash to whoever started it.
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  return app;
}

/** Returns the module with the application as a provider that every module may inject. */
function offering(module: DynamicModule, application: ApplicationRef): DynamicModule {
  return {
    ...module,
    global: true,
    providers: [...(module.providers ?? []), { provide: ApplicationRef, useValue: application }],
    exports: [...(module.exports ?? []), ApplicationRef],
  };
}

/** Knows that the application stops as soon as it has begun to. */
class HttpAdapter extends FastifyAdapter {
  stopping = false;

  override beforeClose(): void {
    super.beforeClose();
    this.stopping = true;
  }
}

/** RFC 9112, section 3.2. */
function refuseRequestsWithoutHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.raw.httpVersion === '1.0' || request.headers.host !== undefined) return done();
    sendProblem(new ProblemError('bad_request', { detail: 'There is no Host.' }), request, reply);
  });
}

/** A connection that is kept alive after its last answer would hold up the shutdown until its client lets go. */
function closeConnectionsWhenStopping(fastify: FastifyInstance, adapter: HttpAdapter): void {
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (adapter.stopping) void reply.header('connection', 'close');
    done();
  });
  // Opened in advance, by a browser or after an aborted request: to Node these are not idle until they have been used.
  const unused = new Set<Socket>();
  fastify.server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => unused.delete(socket));
  fastify.addHook('preClose', (done) => {
    setTimeout(() => unused.forEach((socket) => socket.destroy()), UNUSED_MS);
    done();
  });
  // The headers of a long stream were sent before.
  fastify.addHook('onResponse', (_request, _reply, done) => {
    if (adapter.stopping) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}

/** Fastify itself takes no number, because a client that reaches the API past the proxies could then name any address:
 *  counting them is for deployments in which nothing else can (docs/http.md). */
function trustOf(proxies: TrustProxy): Exclude<TrustProxy, number> | ((address: string, hop: number) => boolean) {
  return typeof proxies === 'number' ? (_address, hop) => hop < proxies : proxies;
}

/** The client's address. A trusted proxy may hand on anything as one, and Postgres' inet takes an address only; the zone
 *  of a link-local one means something on this machine only. */
function addressOf({ ip, socket }: FastifyRequest): string | undefined {
  const address = isIP(ip) === 0 ? socket.remoteAddress : ip;
  return address?.split('%', 1)[0];
}
