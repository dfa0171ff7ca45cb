import { once } from 'node:events';
import net from 'node:net';
import { Readable } from 'node:stream';
import { Get, Post, StreamableFile } from '@nestjs/common';
import { Database } from '@coditect/db/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startStack, TestApp, type TestStack } from '#test/app';
import { ApiController } from './api-controller.js';
import { Public, RequirePermission } from '../access/access.js';
import { Operation } from '../operation.js';
import { currentTenant, currentUserId } from '../request-context.js';

/** Holds a route until the test releases it. */
let hold: { reached: () => void; until: Promise<void> };
let lines: Readable;

@ApiController('probe')
class ProbeController {
  constructor(private readonly db: Database) {}

  @Get('stream')
  @Public('tests')
  @Operation({ summary: 'A stream', contentType: 'application/x-ndjson' })
  stream() {
    return new StreamableFile(lines, { type: 'application/x-ndjson' });
  }

  @Post()
  @RequirePermission('project:create')
  @Operation({ summary: 'Create', status: 201, response: z.object({ id: z.uuid() }), idempotent: true })
  async create() {
    hold.reached();
    await hold.until;
    const data = { tenantId: currentTenant(), ownerId: currentUserId(), name: 'created while stopping' };
    return this.db.tenantTx((tx) => tx.project.create({ data }));
  }
}

let stack: TestStack;
let api: TestApp;
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack, {}, [ProbeController]);
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});

const portOf = (app: TestApp) => (app.app.getHttpServer().address() as net.AddressInfo).port;

it('an application that stops finishes the running requests – a stream, and one with an idempotency key – and refuses others as a problem', async () => {
  const app = await TestApp.start(stack, {}, [ProbeController]);
  const tenant = await app.factory.tenant();
  const url = `http://127.0.0.1:${portOf(app)}/api/v1/probe`;
  lines = new Readable({ read() {} });
  lines.push('{"line":1}\n');
  const stream = await fetch(`${url}/stream`);
  const reader = stream.body!.getReader();
  await reader.read();
  let open = () => {};
  const reached = new Promise<void>((resolve) => {
    hold = { reached: resolve, until: new Promise((done) => (open = done)) };
  });
  const headers = { authorization: `Bearer ${tenant.owner.accessToken}`, 'idempotency-key': 'while-stopping' };
  const creating = fetch(url, { method: 'POST', headers });
  const waiting = net.connect(portOf(app), '127.0.0.1');
  waiting.write('GET /healthz HTTP/1.1\r\nHost: x\r\n'); // a connection without any bytes would just be closed
  await Promise.all([reached, once(waiting, 'connect'), app.http().get('/healthz')]);

  const stopped = app.app.close();
  waiting.write('\r\n');
  const [refusal] = (await once(waiting, 'data')) as [Buffer];
  expect(refusal.toString()).toMatch(/^HTTP\/1.1 503 /);
  expect(refusal.toString()).toMatch(/connection: close/i);
  expect(refusal.toString()).toContain('"code":"temporarily_unavailable"');

  lines.push('{"line":2}\n');
  lines.push(null);
  open();
  const rest = await reader.read();
  expect(Buffer.from(rest.value ?? []).toString()).toBe('{"line":2}\n');
  expect((await reader.read()).done).toBe(true);
  const created = await creating;
  expect(created.status).toBe(201);
  await stopped;

  const { id } = (await created.json()) as { id: string };
  expect(await api.db.system.idempotencyKey.findMany({ where: { tenantId: tenant.id } })).toMatchObject([
    { key: 'while-stopping', status: 201 },
  ]);
  const replayed = await fetch(`http://127.0.0.1:${portOf(api)}/api/v1/probe`, { method: 'POST', headers });
  expect([replayed.status, await replayed.json()]).toEqual([201, { id }]);
  expect(replayed.headers.get('idempotency-replayed')).toBe('true');
  await app.stop();
});

it('an unused connection that was opened in advance does not delay the stop', async () => {
  const app = await TestApp.start(stack);
  const socket = net.connect(portOf(app), '127.0.0.1');
  await once(app.app.getHttpServer(), 'connection');
  const closed = once(socket, 'close');
  const before = performance.now();
  await app.stop();
  await closed;
  expect(performance.now() - before).toBeLessThan(5_000);
});
