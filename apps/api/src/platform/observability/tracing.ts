import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../request-context.js';

/** Set while traces are exported. Otherwise only the API of OpenTelemetry is loaded, and no spans are made. */
let tracer: Tracer | undefined;
let stop: (() => Promise<void>) | undefined;

/** Exports traces of this process to a collector by OTLP/HTTP. Without an endpoint it does nothing.
 *  @param serviceName the name of the process in traces */
export async function startTracing(endpoint: string | undefined, serviceName: string): Promise<void> {
  if (endpoint === undefined) return;
  const { startSdk } = await import('./tracing-sdk.js');
  stop = startSdk(endpoint, serviceName);
  tracer = trace.getTracer('coditect');
}

/** Sends the remaining spans and stops tracing. */
export async function stopTracing(): Promise<void> {
  tracer = undefined;
  await stop?.();
  stop = undefined;
}

export function isTracing(): boolean {
  return tracer !== undefined;
}

/** Returns the trace id of the running request or job in lower-case hex; undefined without traces. */
export function currentTraceId(): string | undefined {
  return tracer && trace.getActiveSpan()?.spanContext().traceId;
}

/** Returns the `traceparent` of the running span, for work that continues its trace (W3C Trace Context); undefined
 *  without traces. */
export function currentTraceparent(): string | undefined {
  if (!tracer) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** Runs a part of a request or job in a span of its trace. Outside of both, or without traces, only runs it.
 *  @param options attributes must not contain values of users, only names from the code */
export async function inSpan<T>(
  name: string,
  options: { kind?: SpanKind; attributes?: Attributes },
  work: () => Promise<T>,
): Promise<T> {
  if (!tracer || !trace.getActiveSpan()) return work();
  const span = tracer.startSpan(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    failed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Runs a round trip to Postgres in a span.
 *  @param summary names the statements */
export function inDatabaseSpan<T>(summary: string, run: () => Promise<T>): Promise<T> {
  const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': summary };
  return inSpan(`postgres ${summary}`, { kind: SpanKind.CLIENT, attributes }, run);
}

/** The span of a whole request. */
export interface ServerSpan {
  within(work: () => void): void;
  end(status: number | undefined, context: RequestContext): void;
}

const NO_SPAN: ServerSpan = { within: (work) => work(), end() {} };

/** Starts the span of a request. It continues the trace in the `traceparent` header (W3C Trace Context), or begins a
 *  new one. */
export function startServerSpan({ method, headers, id }: FastifyRequest, route: string): ServerSpan {
  if (!tracer) return NO_SPAN;
  const attributes = { 'http.request.method': method, 'http.route': route, request_id: id };
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
  const within = trace.setSpan(parent, span);
  return {
    within: (work) => context.with(within, work),
    end(status, { tenantId, logContext }) {
      if (status !== undefined) span.setAttribute('http.response.status_code', status);
      const tenant = tenantId ?? logContext?.tenantId;
      if (tenant !== undefined) span.setAttribute('tenant_id', tenant);
      if (status === undefined || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** Marks a span as failed. Records only the type of the error, because its message may quote user input. */
export function failed(span: Span, error: unknown): void {
  const type = error instanceof Error ? error.name : typeof error;
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
}
