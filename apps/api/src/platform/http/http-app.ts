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
/** How long an unused connection may still send a request after the stop begins. That request is refused as a
 *  problem. */
const UNUSED_MS = 1_000;
const REQUEST_ID = /^[\w.-]{8,128}$/;

/** Paths outside of the base path. */
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

/** Creates the HTTP application, not yet listening. Tests and the real process create it the same way. */
export async function createHttpApp(
  module: DynamicModule,
  logger: LoggerService,
  config: Pick<Config, 'http' | 'corsOrigins' | 'observability'>,
): Promise<NestFastifyApplication> {
  const adapter = new HttpAdapter({
    trustProxy: trustOf(config.http.trustProxy),
    bodyLimit: BODY_LIMIT_BYTES,
    // Limits the time to receive a whole request, so that a slow client cannot hold a connection for ever.
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { requireHostHeader: false }, // refused below: Node's own answer has no body
    // Handles errors before routing, such as a URL that cannot be decoded.
    frameworkErrors: (error: Error & { code?: string }, request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('x-request-id', request.id);
      const code = error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'uri_too_long' : 'bad_request';
      sendProblem(new ProblemError(code), request, reply);
    },
    clientErrorHandler: answerClientError,
    // A caller's own id is used only if it has a safe form: it is written to logs and audit entries.
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
    bodyParser: false, // our own parser takes JSON only, which no HTML form can send across sites
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
    // Responses are private to the caller by default. A route with a public response sets the header itself.
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
  // An unknown expectation may be ignored (RFC 9110, section 10.1.1). Node's own 417 response has no body.
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response));
  closeConnectionsWhenStopping(fastify, adapter);
  answerOtherMethods(fastify);
  // Without useProcessExit the process would end by the signal, which looks like a crash to its supervisor.
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

/** Knows that the application is stopping, from the first moment on. */
class HttpAdapter extends FastifyAdapter {
  stopping = false;

  override beforeClose(): void {
    super.beforeClose();
    this.stopping = true;
  }
}

/** Refuses requests of HTTP/1.1 without a Host header (RFC 9112, section 3.2). */
function refuseRequestsWithoutHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.raw.httpVersion === '1.0' || request.headers.host !== undefined) return done();
    sendProblem(new ProblemError('bad_request', { detail: 'The request has no Host header.' }), request, reply);
  });
}

/** Closes connections on stop. A connection kept alive after its last response would delay the stop until its client
 *  closes. */
function closeConnectionsWhenStopping(fastify: FastifyInstance, adapter: HttpAdapter): void {
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (adapter.stopping) void reply.header('connection', 'close');
    done();
  });
  // A browser may open connections in advance. Node does not count them as idle until their first request.
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
  // A long stream sent its headers before the stop began, so its connection is closed at its end.
  fastify.addHook('onResponse', (_request, _reply, done) => {
    if (adapter.stopping) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}

/**
 * Returns the setting for Fastify. Fastify does not accept a number of proxies here, because a client that bypasses the
 * proxies could then claim any address. So a function counts them. The number is for deployments where nothing else
 * works (docs/http.md).
 */
function trustOf(proxies: TrustProxy): Exclude<TrustProxy, number> | ((address: string, hop: number) => boolean) {
  return typeof proxies === 'number' ? (_address, hop) => hop < proxies : proxies;
}

/** Returns the client's address. A trusted proxy may forward any text as an address, and Postgres' inet takes only
 *  addresses. The zone of a link-local address has a meaning on this machine only, so it is cut. */
function addressOf({ ip, socket }: FastifyRequest): string | undefined {
  const address = isIP(ip) === 0 ? socket.remoteAddress : ip;
  return address?.split('%', 1)[0];
}
