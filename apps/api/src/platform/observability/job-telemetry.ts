import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { SpanKind as JobSpanKind, type Telemetry } from 'bullmq';
import { failed } from './tracing.js';

type JobSpan = ReturnType<Telemetry<Context>['tracer']['startSpan']>;

/** Used for everything that BullMQ does around jobs, which needs no spans. */
const NO_SPAN: JobSpan = {
  setSpanOnContext: (on: Context) => on,
  setAttribute() {},
  setAttributes() {},
  addEvent() {},
  recordException() {},
  end() {},
};

const JOB_ATTRIBUTES = new Set(['bullmq.queue.name', 'bullmq.job.name', 'bullmq.job.id']);

/**
 * BullMQ's option `telemetry`. Each job is a trace of its own, linked to the request that caused it: a job carries the
 * `traceparent` of the span in which it was added.
 */
export const jobTelemetry: Telemetry<Context> = {
  contextManager: {
    with: (within: Context, work) => context.with(within, work),
    active: () => context.active(),
    root: () => ROOT_CONTEXT,
    getMetadata(of: Context) {
      const carrier: { traceparent?: string } = {};
      propagation.inject(of, carrier);
      return carrier.traceparent ?? '';
    },
    fromMetadata: (_active, traceparent) => propagation.extract(ROOT_CONTEXT, { traceparent }),
  },
  tracer: {
    startSpan(name, options, askedFor) {
      if (options?.kind !== JobSpanKind.CONSUMER) return NO_SPAN;
      const cause = askedFor && trace.getSpanContext(askedFor);
      const links = cause ? [{ context: cause }] : [];
      const span = trace.getTracer('coditect').startSpan(name, { kind: SpanKind.CONSUMER, links }, ROOT_CONTEXT);
      return {
        setSpanOnContext: (on: Context) => trace.setSpan(on, span),
        setAttribute: () => {},
        setAttributes(attributes) {
          for (const [key, value] of Object.entries(attributes))
            if (JOB_ATTRIBUTES.has(key) && typeof value === 'string') span.setAttribute(key, value);
        },
        // Leave out the event's attributes: they contain the job's result or error message.
        addEvent: (event) => void (event === 'job failed' && span.setStatus({ code: SpanStatusCode.ERROR })),
        recordException: (error) => failed(span, error),
        end: () => span.end(),
      };
    },
  },
};
