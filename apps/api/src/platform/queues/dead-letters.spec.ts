import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { UnrecoverableError, Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { eventually } from '#test/drills/eventually';
import type { TestTenant } from '#test/factory';
import { DeadLetters, NoSuchDeadLetter } from './dead-letters.js';
import { JobQueues } from './job-queues.js';
import { queuePrefix } from './queues.js';

const CLI = fileURLToPath(new URL('../../../dist/jobs-cli.js', import.meta.url));

let api: TestApp;
let queues: JobQueues;
let letters: DeadLetters;
let tenant: TestTenant;
beforeAll(async () => {
  api = await TestApp.start();
  queues = new JobQueues(api.config);
  letters = new DeadLetters(api.db, queues, api.clock);
});
afterAll(async () => {
  await queues.onApplicationShutdown();
  await api.stop();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

/** Makes a job that a worker gave up. */
async function deadJob(data: object): Promise<string> {
  const queue = queues.of('maintenance');
  const { id } = await queue.add('session-cleanup', data);
  const worker = new Worker(queue.name, () => Promise.reject(new UnrecoverableError('the disk is full')), {
    connection: { url: api.config.queueRedisUrl },
    prefix: queuePrefix('maintenance'),
  });
  await eventually(async () => expect(await (await queue.getJob(id!))!.getState()).toBe('failed'));
  await worker.close();
  return id!;
}

/** Makes an outbox message that was given up. */
async function deadMessage(deadAt = new Date()): Promise<string> {
  const { id } = await api.db.system.outboxMessage.create({
    data: {
      tenantId: tenant.id,
      topic: 'email',
      payload: { to: 'ada@example.test', secret: 'cpr_secret' },
      attempts: 18,
      lastError: '550 no such mailbox',
      deadAt,
    },
  });
  return id;
}

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...api.stack.env } });
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err };
}

describe('given work that was given up', () => {
  it('then it is listed, the latest first, without its payload', async () => {
    const message = await deadMessage(new Date(Date.now() - 60_000));
    const ofTenant = await deadJob({ tenantId: tenant.id });
    const ofSystem = await deadJob({ system: true });
    const listed = await letters.list();
    expect(listed.slice(0, 3)).toMatchObject([
      {
        id: `job:maintenance:${ofSystem}`,
        name: 'session-cleanup',
        tenantId: null,
        attempts: 1,
        error: 'the disk is full',
      },
      { id: `job:maintenance:${ofTenant}`, tenantId: tenant.id },
      {
        id: `outbox:${tenant.id}:${message}`,
        name: 'email',
        tenantId: tenant.id,
        attempts: 18,
        error: '550 no such mailbox',
      },
    ]);
    expect(JSON.stringify(listed)).not.toContain('cpr_secret');
    expect(await letters.list(2)).toEqual(listed.slice(0, 2));
  });

  it('then a job can be retried with all its attempts', async () => {
    const id = await deadJob({ system: true });
    await letters.retry(`job:maintenance:${id}`);
    const job = await queues.of('maintenance').getJob(id);
    expect(await job!.getState()).toBe('waiting');
    expect(job).toMatchObject({ attemptsMade: 0 });
    await expect(letters.retry(`job:maintenance:${id}`)).rejects.toThrow(NoSuchDeadLetter);
  });

  it('then a message can be retried with all its attempts, and keeps its id', async () => {
    const id = await deadMessage();
    await letters.retry(`outbox:${tenant.id}:${id}`);
    const row = await api.db.system.outboxMessage.findUniqueOrThrow({
      where: { tenantId_id: { tenantId: tenant.id, id } },
    });
    expect(row).toMatchObject({ deadAt: null, attempts: 0, publishedAt: null });
    expect(row.availableAt.getTime()).toBeLessThanOrEqual(Date.now());
    await expect(letters.retry(`outbox:${tenant.id}:${id}`)).rejects.toThrow(NoSuchDeadLetter);
  });

  it.each(['', 'job', 'job:maintenance:', 'job:maintenance:no-such-job', 'job:no-such-queue:1', 'outbox:1:2', 'x:y:z'])(
    'then the id "%s" is refused',
    async (id) => {
      await expect(letters.retry(id)).rejects.toThrow(NoSuchDeadLetter);
    },
  );

  it('then the message of another tenant is not found under this one', async () => {
    const id = await deadMessage();
    await expect(letters.retry(`outbox:${randomUUID()}:${id}`)).rejects.toThrow(NoSuchDeadLetter);
  });
});

describe('the command of operators', () => {
  it('prints dead letters as JSON lines and retries one', async () => {
    const id = `outbox:${tenant.id}:${await deadMessage(new Date(Date.now() + 1000))}`;
    const dead = await cli('dead');
    expect(dead).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(dead.out.split('\n')[0]!)).toMatchObject({ id, error: '550 no such mailbox' });
    expect(await cli('retry', id)).toEqual({ code: 0, out: `${id} is tried again\n`, err: '' });
    expect((await letters.list()).map((letter) => letter.id)).not.toContain(id);
    expect(await cli('retry', id)).toMatchObject({ code: 1, out: '', err: `there is no dead letter ${id}\n` });
  });

  it.each([[[]], [['dead', 'x']], [['retry']], [['bury', 'x']]])(
    'prints its usage when called with %j',
    async (args) => {
      const { code, err } = await cli(...args);
      expect(code).toBe(1);
      expect(err).toContain('usage: node apps/api/dist/jobs-cli.js COMMAND');
    },
  );
});
