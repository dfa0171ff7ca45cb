import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import { newMachine } from '#test/factory';
import { attributesOf, TraceCollector } from '#test/trace-collector';
import { JobQueues } from '../queues/job-queues.js';
import { loadConfig } from '#config/config';
import { WorkerModule } from '#worker.module';
import { processLogger } from './process.js';
import { startTracing, stopTracing } from './tracing.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const INVITING = 'a3ce929d0e0e47364bf92f3577b34da6';
const CALLER = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE_ID}-${CALLER}-01`;
const [SERVER, CONSUMER] = [2, 5]; // as OTLP numbers span kinds

let collector: TraceCollector;
let stack: TestStack;
let written = '';
beforeAll(async () => {
  [collector, stack] = await Promise.all([TraceCollector.start(), startStack()]);
});
afterAll(async () => {
  await stack.stop();
  await collector.stop();
});

describe('given a collector', () => {
  let api: TestApp;
  let worker: INestApplicationContext;
  let secrets: string[];
  let jobId: string | undefined;
  beforeAll(async () => {
    // Throttling counts in Redis.
    const env = { LOG_LEVEL: 'info', THROTTLE_USER_PER_HOUR: '1000' };
    await startTracing(collector.endpoint, 'tests');
    api = await TestApp.start(stack, env, [], { write: (line) => void (written += line) });
    const { member, owner } = await api.factory.tenant();
    const acquire = api.post('licenses/acquire', { machine_id: newMachine() }, member.accessToken);
    const { body } = await acquire.set('traceparent', TRACEPARENT).expect(201);
    const { session_token } = body as { session_token: string };
    await Promise.all([
      api.post('projects', { name: 'Apollo' }, owner.accessToken).expect(201),
      api.get('projects?search=private-words', owner.accessToken).expect(200),
    ]);
    await api
      .post('users/invitations', { email: 'grace@private.test', role: 'member' }, owner.accessToken)
      .set('traceparent', `00-${INVITING}-${CALLER}-01`)
      .expect(201);
    secrets = [
      'grace@private.test',
      session_token,
      member.accessToken,
      owner.accessToken,
      member.email,
      'private-words',
      'Apollo',
    ];

    const config = loadConfig(stack.env);
    const logger = processLogger(config);
    worker = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger });
    const queue = worker.get(JobQueues).of('maintenance');
    const within = propagation.extract(ROOT_CONTEXT, { traceparent: TRACEPARENT });
    const job = await context.with(within, () => queue.add('session-cleanup', { system: true }));
    jobId = job.id;
    await vi.waitUntil(() => job.isCompleted(), { timeout: 20_000 });
    const waiting = { publishedAt: null };
    await vi.waitUntil(async () => (await api.db.system.outboxMessage.count({ where: waiting })) === 0, 20_000);
    await worker.close(); // sends the remaining spans
    await api.stop();
  });

  const serverSpan = (name: string) => collector.spans.find((span) => span.kind === SERVER && span.name === name)!;

  it('an acquire is one trace, from the caller to Postgres, Redis and the signature', () => {
    const span = serverSpan('POST /api/v1/licenses/acquire');
    expect(span).toMatchObject({ traceId: TRACE_ID, parentSpanId: CALLER });
    const tree = collector.treeOf(span.spanId);
    expect(Object.keys(tree)).toEqual(
      expect.arrayContaining(['postgres login_state', 'redis throttle', 'redis seat ledger', 'sign license']),
    );
    const grant = Object.keys(tree).find((name) => name.startsWith('postgres') && name.includes('grant'));
    expect(grant).toBeDefined();
    expect(attributesOf(span)).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/v1/licenses/acquire',
      'http.response.status_code': 201,
      request_id: expect.any(String) as string,
      tenant_id: expect.any(String) as string,
    });
  });

  it('a transaction through Prisma has a span for each statement, in the trace of its own request', () => {
    const { spanId, traceId } = serverSpan('POST /api/v1/projects');
    const names = Object.keys(collector.treeOf(spanId));
    expect(names).toEqual(expect.arrayContaining(['postgres BEGIN', 'postgres INSERT projects', 'postgres COMMIT']));
    expect(serverSpan('GET /api/v1/projects').traceId).not.toBe(traceId);
    expect(collector.treeOf(serverSpan('GET /api/v1/projects').spanId)).toHaveProperty(['postgres SELECT projects']);
  });

  it('a job is a trace of its own, linked to the request that caused it', () => {
    const jobs = collector.spans.filter(({ kind }) => kind === CONSUMER);
    const span = jobs.find((job) => attributesOf(job)['bullmq.job.id'] === jobId)!;
    expect(span.name).toBe('process maintenance');
    expect(span.links).toMatchObject([{ traceId: TRACE_ID, spanId: CALLER }]);
    expect(span.traceId).not.toBe(TRACE_ID);
    expect(Object.keys(collector.treeOf(span.spanId)).some((name) => name.startsWith('postgres'))).toBe(true);
  });

  it('the job of an outbox message is linked to the request that wrote the message', () => {
    const request = serverSpan('POST /api/v1/users/invitations');
    expect(request.traceId).toBe(INVITING);
    const mail = collector.spans.find(
      (span) =>
        span.kind === CONSUMER && span.name === 'process outbox' && attributesOf(span)['bullmq.job.name'] === 'email',
    )!;
    expect(mail.traceId).not.toBe(INVITING);
    const [link] = mail.links!;
    expect(link).toMatchObject({ traceId: INVITING });
    const within = (spanId: string): string[] => [
      spanId,
      ...collector.spans.filter(({ parentSpanId }) => parentSpanId === spanId).flatMap((span) => within(span.spanId)),
    ];
    expect(within(request.spanId)).toContain(link!.spanId);
  });

  it('work outside of requests and jobs is not traced', () => {
    const roots = collector.spans.filter(({ parentSpanId }) => !parentSpanId);
    expect(new Set(roots.map(({ kind }) => kind))).toEqual(new Set([SERVER, CONSUMER]));
  });

  it('no span contains user input or a secret', () => {
    for (const secret of secrets) expect(collector.text).not.toContain(secret);
  });

  it('the log lines of a request have its trace id', () => {
    const lines = written.split('\n').filter((line) => line.includes('POST /api/v1/licenses/acquire'));
    expect(lines.map((line) => (JSON.parse(line) as { trace_id: string }).trace_id)).toEqual([TRACE_ID]);
  });
});

describe('given no collector', () => {
  it('nothing is sent, and log lines have no trace id', async () => {
    await stopTracing();
    written = '';
    const sent = collector.spans.length;
    await startTracing(undefined, 'tests');
    const api = await TestApp.start(stack, { LOG_LEVEL: 'info' }, [], { write: (line) => void (written += line) });
    const { member } = await api.factory.tenant();
    const acquire = api.post('licenses/acquire', { machine_id: newMachine() }, member.accessToken);
    await acquire.set('traceparent', TRACEPARENT).expect(201);
    await expect.poll(() => written).toContain('/api/v1/licenses/acquire');
    await api.stop();
    expect(collector.spans).toHaveLength(sent);
    expect(written).not.toContain('trace_id');
  });
});
