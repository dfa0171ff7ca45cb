import type { INestApplicationContext } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { Queue, QueueEvents } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '#config/config';
import { JobQueues } from '#platform/queues/job-queues';
import { JobSchedules } from '#modules/schedules/job-schedules';
import { queueNames, queuePrefix } from '#platform/queues/queues';
import { SessionSweeper } from '#modules/licenses/session-ends/session-sweeper';
import { Clock } from '#platform/clock';
import { processLogger } from '#platform/observability/process';
import { WorkerModule } from '#worker.module';
import { startStack, TestApp, type TestStack } from '../app.js';

let stack: TestStack;
let api: TestApp;
let worker: INestApplicationContext;
let queue: Queue;
let events: QueueEvents;
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
  const config = loadConfig(stack.env);
  worker = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger: processLogger(config) });
  queue = worker.get(JobQueues).of('maintenance');
  events = new QueueEvents('maintenance', {
    connection: { url: config.queueRedisUrl },
    prefix: queuePrefix('maintenance'),
  });
  await events.waitUntilReady();
});
afterAll(async () => {
  await events.close();
  await worker.close();
  await api.stop();
  await stack.stop();
});

const schedules = async () => (await queue.getJobSchedulers()).map(({ key }) => key).toSorted();
const run = async (name: string) => (await queue.add(name, { system: true })).waitUntilFinished(events, 20_000);

describe('the worker', () => {
  it('records lapsed license sessions once, even if the job runs again', async () => {
    const tenant = await api.factory.tenant();
    const seat = await api.takeSeat(tenant.member);
    worker.get(Clock).offsetMs = 400_000;
    expect(await run('session-cleanup')).toEqual({ recorded: 1 });
    expect(await run('session-cleanup')).toEqual({ recorded: 0 });
    worker.get(Clock).offsetMs = 0;
    expect(await api.row(seat)).toMatchObject({ status: 'expired', endReason: 'lease_expired' });
    expect(await api.auditOf(seat.session_id, 'license_session.expired')).toHaveLength(1);
  });

  it('records each of many lapsed sessions once, even with two workers at once, and tells their holders', async () => {
    const config = loadConfig(stack.env);
    const logger = processLogger(config);
    const other = await NestFactory.createApplicationContext(WorkerModule.forRoot(config), { logger });
    const tenant = await api.factory.tenant({ seatsTotal: 30 });
    const seats = [];
    for (let i = 0; i < 30; i += 1) seats.push(await api.takeSeat(tenant.member));
    const recorded = await Promise.all(
      [worker, other].map((one) => {
        one.get(Clock).offsetMs = 400_000;
        return one.get(SessionSweeper).sweep();
      }),
    );
    worker.get(Clock).offsetMs = 0;
    await other.close();
    expect(recorded[0]! + recorded[1]!).toBe(30);
    for (const seat of seats) {
      expect(await api.auditOf(seat.session_id, 'license_session.expired')).toHaveLength(1);
      const { body } = await api.heartbeat(seat.session_token).expect(410);
      expect(body).toMatchObject({ code: 'lease_lost', end_reason: 'lease_expired' });
    }
  });

  it('makes the audit partitions of the next two years, even with two workers at once', async () => {
    const lastMonth = new Date();
    lastMonth.setUTCDate(1);
    lastMonth.setUTCMonth(lastMonth.getUTCMonth() + 24);
    const name = `audit_logs_${lastMonth.toISOString().slice(0, 7).replace('-', '_')}`;
    await Promise.all([run('audit-partitions'), run('audit-partitions')]);
    const { rows } = await api.db.systemQuery('SELECT to_regclass($1) AS partition', [name]);
    expect(rows).toEqual([{ partition: name }]);
  });

  it('makes a requested data export', async () => {
    const { owner } = await api.factory.tenant();
    const { body } = await api.post('tenant/exports', {}, owner.accessToken).expect(202);
    const route = `tenant/exports/${(body as { id: string }).id}`;
    const status = async () => ((await api.get(route, owner.accessToken)).body as { status: string }).status;
    await expect.poll(status, { timeout: 20_000 }).toBe('ready');
    await api.get(`${route}/download`, owner.accessToken).expect(200);
    expect(await run('data-export-cleanup')).toEqual({ expired: 0, strays: 0 });
  });

  it('deletes a closed tenant whose grace period is over', async () => {
    const { id } = await api.factory.tenant();
    const data = { status: 'closed', deleteAfter: new Date(Date.now() - 1000) } as const;
    await api.db.system.tenant.update({ where: { id }, data });
    expect(await run('tenant-purge')).toEqual({ deleted: 1 });
    expect(await api.db.system.tenant.findUnique({ where: { id } })).toBeNull();
  });

  it('deletes expired idempotency keys', async () => {
    const { id: tenantId, owner } = await api.factory.tenant();
    const key = (hours: number) => ({
      tenantId,
      actorId: owner.id,
      key: `${hours} hours`,
      operation: 'POST /api/v1/projects',
      requestHash: new Uint8Array(32),
      lockedUntil: new Date(),
      expiresAt: new Date(Date.now() + hours * 3_600_000),
    });
    await api.db.system.idempotencyKey.createMany({ data: [key(-1), key(1)] });
    expect(await run('idempotency-keys')).toEqual({ deleted: 1 });
    expect(await api.db.system.idempotencyKey.findMany({ where: { tenantId } })).toMatchObject([{ key: '1 hours' }]);
  });

  it('deletes rows that ended long ago', async () => {
    const { id: tenantId } = await api.factory.tenant();
    const message = { tenantId, topic: 'email', payload: {}, publishedAt: new Date(Date.now() - 8 * 86_400_000) };
    await api.db.system.outboxMessage.create({ data: message });
    expect(await run('retention')).toMatchObject({ outbox: 1, logins: 0 });
  });

  it('fails an unknown job', async () => {
    await expect(run('brew-coffee')).rejects.toThrow('unknown job brew-coffee');
  });

  it('schedules its jobs, and again after Redis has lost them', async () => {
    const all = [
      'audit-partitions',
      'data-export-cleanup',
      'idempotency-keys',
      'ledger-reconciliation',
      'license-notices',
      'retention',
      'session-cleanup',
      'tenant-purge',
    ];
    expect(await schedules()).toEqual(all);
    await api.redis.flushall();
    expect(await schedules()).toEqual([]);
    await worker.get(JobSchedules).keep(); // happens within a minute in production
    expect(await schedules()).toEqual(all);
  });

  it('searches all its queues for dead letters, each in its own slot', () => {
    const registered = worker
      .get(DiscoveryService)
      .getProviders()
      .flatMap(({ instance }) => (instance instanceof Queue ? instance : []));
    expect(registered.map(({ name }) => name).toSorted()).toEqual(queueNames.toSorted());
    for (const { name, opts } of registered) expect(opts.prefix).toBe(`{coditect:${name}}`);
  });
});
