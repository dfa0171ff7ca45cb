import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { httpDuration, httpRequests, tenantDuration, tenantRequests } from './metrics.js';
import { currentRequest, type RequestContext, requestStore } from '../request-context.js';
import { TenantLabels } from './tenant-labels.js';
import { startServerSpan } from './tracing.js';

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'];
/** Routes that probes and Prometheus call all the time; they are logged at the level debug. */
const ROUTINE = new Set(['/healthz', '/readyz', '/metrics']);

/** Counts every request, logs one line about it, and makes it a span. Must be called after the hook that opens the
 *  request context. */
export function observeRequests(fastify: FastifyInstance, { maxTenants }: { maxTenants: number }): void {
  const logger = new Logger('http');
  const labels = new TenantLabels(maxTenants, (tenant_id) => {
    for (const status of CLASSES) tenantRequests.remove({ tenant_id, status });
    tenantDuration.remove({ tenant_id });
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now();
    const context = currentRequest();
    const route = request.routeOptions.url ?? 'unmatched';
    const span = startServerSpan(request, route);
    // Not Fastify's onResponse: it does not run if the client disconnects before the response.
    reply.raw.once('close', () => {
      const ms = performance.now() - startedAt;
      const outcome = outcomeOf(reply);
      span.end(outcome.status, context);
      count(labels, context, { method: request.method, route, status: outcome.class }, ms);
      const write = () => logger[ROUTINE.has(route) ? 'debug' : 'log'](accessLine(request, route, outcome, ms));
      requestStore.run(context, () => span.within(write));
    });
    span.within(done);
  });
}

interface Outcome {
  /** Undefined if the client disconnected before the response. */
  status: number | undefined;
  class: string;
}

function outcomeOf({ raw, statusCode }: FastifyReply): Outcome {
  if (!raw.writableFinished) return { status: undefined, class: 'aborted' };
  return { status: statusCode, class: CLASSES[Math.floor(statusCode / 100) - 1] ?? '5xx' };
}

function count(
  labels: TenantLabels,
  context: RequestContext,
  which: { method: string; route: string; status: string },
  ms: number,
): void {
  httpRequests.inc(which);
  httpDuration.observe(which, ms / 1000);
  const tenantId = context.tenantId ?? context.logContext?.tenantId;
  if (tenantId === undefined) return;
  // A refused caller may have invented its tenant, so only a success earns a label.
  const tenant_id = labels.label(tenantId, which.status === '2xx');
  tenantRequests.inc({ tenant_id, status: which.status });
  tenantDuration.observe({ tenant_id }, ms);
}

/** The fields of an access line. It has the route's pattern instead of the path, because paths may contain tokens; ids
 *  have fields of their own. */
function accessLine({ method }: FastifyRequest, route: string, { status }: Outcome, ms: number): object {
  return {
    msg: `${method} ${route} ${status ?? 'aborted'}`,
    method,
    route,
    status,
    duration_ms: Math.round(ms * 100) / 100,
    ip: currentRequest().ip,
  };
}
