import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import helmet from '@fastify/helmet';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from './problem.js';
import { sendProblem } from './problem.filter.js';
import { requestStore } from './request-context.js';

const BODY_LIMIT_BYTES = 256 * 1024;
const MAX_USER_AGENT = 512;
const REQUEST_TIMEOUT_MS = 30_000;
const REQUEST_ID = /^[\w.-]{8,128}$/;

/** Base of the API (design section 7); what is outside of it has an absolute place of its own. */
export const BASE_PATH = 'api/v1';
const ABSOLUTE = ['.well-known/jwks.json', 'healthz', 'readyz'];

/** The HTTP application, not yet listening. Tests and the real process make it the same way. */
export async function createHttpApp(module: DynamicModule, logger: LoggerService): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    // For receiving a whole request: a client that dribbles must not hold a connection for ever.
    requestTimeout: REQUEST_TIMEOUT_MS,
    // What the router refuses before any route, a URL that cannot be decoded for one.
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(new ProblemError('bad_request'), request, reply),
    // Only a sane id is taken over: it is written to logs and audit entries.
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    return503OnClosing: true,
    forceCloseConnections: 'idle',
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger,
    abortOnError: false,
    bodyParser: false, // Fastify's own: JSON, and nothing a form could send across sites
  });
  app.setGlobalPrefix(BASE_PATH, { exclude: ABSOLUTE });
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');
  await fastify.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT);
    // The zone of a link-local IPv6 address means something on this machine only, and Postgres' inet does not take it.
    requestStore.run({ requestId: request.id, ip: request.ip.split('%', 1)[0], userAgent }, done);
  });
  closeConnectionsWhenStopping(fastify);
  // Without useProcessExit the process would end by the signal, which looks like a crash to whoever started it.
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  return app;
}

/** A connection that is kept alive after its last answer would hold up the shutdown until its client lets go. */
function closeConnectionsWhenStopping(fastify: FastifyInstance): void {
  let stopping = false;
  fastify.addHook('preClose', (done) => {
    stopping = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping) void reply.header('connection', 'close');
    done();
  });
}
