import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import type { TestTenant } from '#test/factory';
import { requestStream, StreamWatchers, WatchedStream } from '#test/watched-stream';
import { LiveStreams, MAX_STREAMS_PER_USER } from './watching/live-streams.js';

let stack: TestStack;
let api: TestApp;
let url: string;
beforeAll(async () => {
  stack = await startStack();
  api = await TestApp.start(stack);
  url = await api.app.getUrl();
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});

let tenant: TestTenant;
const watchers = new StreamWatchers();
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 2 });
});
afterEach(() => watchers.closeAll());

describe('the response', () => {
  it('is a stream that proxies neither store nor buffer, and says when to reconnect', async () => {
    const stream = await watchers.fromNow(api, tenant.member);
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-store',
      'x-accel-buffering': 'no',
    });
    expect(stream.lines).toEqual(['retry: 3000']);
  });

  it('needs a token with the permission, in the header and nowhere else', async () => {
    await api.get('stream').expect(401);
    await api.get(`stream?access_token=${tenant.admin.accessToken}`).expect(401);
    const key = await api.factory.apiKey(tenant.admin, ['license:read']);
    expect((await requestStream(url, key)).status).toBe(403);
    const stream = await watchers.fromNow(api, {
      accessToken: await api.factory.apiKey(tenant.admin, ['license_session:read']),
    });
    await api.takeSeat(tenant.member);
    await stream.expect('license.changed'); // its scopes do not include sessions of other users
  });

  it('is not sent for HEAD, which opens no stream', async () => {
    const head = () => api.http().head('/api/v1/stream').set('authorization', `Bearer ${tenant.admin.accessToken}`);
    for (let i = 0; i <= MAX_STREAMS_PER_USER; i += 1) await head().expect(200);
  });
});

describe('a stream ends', () => {
  it('when its access token has expired, with that reason', async () => {
    const stream = await watchers.fromNow(api, tenant.admin);
    api.advance(901);
    try {
      await api.app.get(LiveStreams).recheck();
      await expect.poll(() => stream.ended).toBe(true);
      expect(stream.of('end')).toEqual([{ reason: 'token_expired' }]);
    } finally {
      api.clock.offsetMs = 0;
    }
  });

  it('when its login has ended, and other streams continue', async () => {
    const [stream, goesOn] = [await watchers.fromNow(api, tenant.admin), await watchers.fromNow(api, tenant.owner)];
    await api.post('auth/logout-everywhere', {}, tenant.admin.accessToken).expect(204);
    await api.app.get(LiveStreams).recheck();
    await expect.poll(() => stream.ended).toBe(true);
    expect(stream.of('end')).toEqual([{ reason: 'access_ended' }]);
    expect(goesOn.ended).toBe(false);
  });

  it('not when the role of its user changes: it continues with what the new role may see', async () => {
    const stream = await watchers.fromNow(api, tenant.admin);
    await api.db.system.user.update({
      where: { tenantId_id: { tenantId: tenant.id, id: tenant.admin.id } },
      data: { role: 'member' },
    });
    await api.app.get(LiveStreams).recheck();
    await api.takeSeat(tenant.owner);
    await stream.expect('license.changed');
    expect(stream.of('seat.acquired')).toEqual([]);
  });
});

describe('many streams at once', () => {
  it('are at most ten per user, and a closed one makes room', async () => {
    const streams = [];
    for (let i = 0; i < MAX_STREAMS_PER_USER; i += 1) streams.push(await watchers.fromNow(api, tenant.admin));
    const refused = await requestStream(url, tenant.admin.accessToken);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'rate_limited', policy: 'user-streams', limit: 10 });
    await watchers.fromNow(api, tenant.owner);
    streams[0]!.close();
    await expect
      .poll(async () => {
        const again = await requestStream(url, tenant.admin.accessToken);
        await again.body!.cancel();
        return again.status;
      })
      .toBe(200);
  });

  it('are at most as many as a process is configured for', async () => {
    const small = await TestApp.start(stack, { MAX_STREAMS: '1' });
    try {
      const smallUrl = await small.app.getUrl();
      const stream = await WatchedStream.open(smallUrl, tenant.admin.accessToken);
      const refused = await requestStream(smallUrl, tenant.owner.accessToken);
      expect(await refused.json()).toMatchObject({ code: 'rate_limited', policy: 'streams', limit: 1 });
      stream.close();
    } finally {
      await small.stop();
    }
  });

  it('of 200 clients all get the events, and a stopping process ends them at once', async () => {
    const third = await TestApp.start(stack);
    const thirdUrl = await third.app.getUrl();
    const users = await Promise.all(Array.from({ length: 20 }, () => api.factory.user(tenant.id, 'viewer')));
    const streams = await Promise.all(
      users.flatMap((user) => Array.from({ length: 10 }, () => WatchedStream.open(thirdUrl, user.accessToken))),
    );
    await Promise.all(streams.map((stream) => stream.expect('reset', 1, 5_000)));
    await api.takeSeat(tenant.member);
    // Only shows that every client gets the event: all clients run in this process, so they are slow. Other tests show
    // that one client gets an event within 2 s.
    await Promise.all(streams.map((stream) => stream.expect('seat.acquired', 1, 10_000)));
    expect(streams.every((stream) => stream.events.length === 2)).toBe(true);
    const before = performance.now();
    await third.stop();
    expect(performance.now() - before).toBeLessThan(3_000);
    await expect.poll(() => streams.every(({ ended }) => ended)).toBe(true);
    expect(streams[0]!.of('end')).toEqual([{ reason: 'server_stopping' }]);
  });
});
