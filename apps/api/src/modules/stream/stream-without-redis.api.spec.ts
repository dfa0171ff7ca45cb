import { startRedis } from '@coditect/local-stack/redis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import type { TestTenant } from '#test/factory';
import { requestStream, WatchedStream } from '#test/watched-stream';

let stack: TestStack;
let api: TestApp;
let url: string;
let tenant: TestTenant;
let stream: WatchedStream;
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
  url = await api.app.getUrl();
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  stream = await WatchedStream.open(url, tenant.admin.accessToken);
  await stream.expect('reset');
});
afterEach(() => stream.close());

it('when the reading connection is lost, then the stream continues and no event is missing', async () => {
  await api.takeSeat(tenant.member);
  await stream.expect('seat.acquired');
  const readers = async () => {
    const clients = (await api.redis.client('LIST')) as string;
    return [...clients.matchAll(/^id=(\d+) .*cmd=xread /gm)].map(([, id]) => id!);
  };
  await expect.poll(readers).toHaveLength(1);
  for (const id of await readers()) await api.redis.client('KILL', 'ID', id);
  await api.takeSeat(tenant.admin);
  await stream.expect('seat.acquired', 2, 5_000);
  expect(stream.types()).toEqual(['reset', 'seat.acquired', 'seat.acquired']);
});

it('when Redis is down, then seats are granted as before, and no new stream is opened', async () => {
  const { lastId } = stream;
  await stack.redis.stop();
  await api.takeSeat(tenant.member);
  const refused = await requestStream(url, tenant.owner.accessToken);
  expect(await refused.json()).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
  expect(stream.ended).toBe(false);

  // Redis comes back empty: the open stream continues with a reset, so that its client reads everything anew.
  stack.redis = await startRedis({ port: stack.redis.port });
  await stream.expect('reset', 2, 10_000);
  await api.takeSeat(tenant.admin);
  await stream.expect('seat.acquired', 1, 5_000);
  const resumed = await WatchedStream.open(url, tenant.admin.accessToken, lastId);
  await resumed.expect('reset');
  resumed.close();
});

it('when Redis is flushed, then a client that reconnects gets a reset, and a connected one continues', async () => {
  const { lastId } = stream;
  await api.redis.flushall();
  await api.takeSeat(tenant.member);
  await stream.expect('seat.acquired');
  const resumed = await WatchedStream.open(url, tenant.admin.accessToken, lastId);
  await resumed.expect('reset');
  resumed.close();
});
