import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, Webhook, WebhookDeliveryDetail } from '@coditect/contracts/webhooks';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestTenant } from '#test/factory';
import { always, type Received, verify } from '#test/webhook-receiver';
import { WebhookWorld } from '#test/webhook-world';
import { Clock } from '#platform/clock';
import { WebhookDeliverer } from './webhook-deliverer.js';
import { WebhookJobs } from './webhook.jobs.js';

let world: WebhookWorld;
let tenant: TestTenant;
beforeAll(async () => {
  world = await WebhookWorld.start();
});
afterAll(() => world.stop());
beforeEach(async () => {
  world.worker.get(Clock).offsetMs = 0;
  world.receiver.answer = always(204);
  tenant = await world.api.factory.tenant();
});

const WAIT = { timeout: 15_000 };
const typesAt = (path: string) => world.receiver.eventsAt(path).map(({ type }) => type);
const statuses = async (id: string) => (await world.deliveries(tenant, id)).map(({ status }) => status);
const detail = async (id: string) =>
  (await world.api.get(`webhooks/deliveries/${id}`, tenant.owner.accessToken).expect(200))
    .body as WebhookDeliveryDetail;
const webhookOf = async (id: string) =>
  (await world.api.get(`webhooks/${id}`, tenant.owner.accessToken).expect(200)).body as Webhook;
const mailAbout = async (url: string) => {
  const dir = world.stack.env['MAIL_DIR']!;
  const files = await readdir(dir).catch(() => []);
  const mails = await Promise.all(files.map(async (file) => simpleParser(await readFile(join(dir, file)))));
  return mails.map(({ text = '' }) => text).find((text) => text.includes(url));
};
const mailsOf = () => world.api.db.system.outboxMessage.findMany({ where: { tenantId: tenant.id, topic: 'email' } });

describe('given an endpoint, when seats are acquired, released and refused', () => {
  it('then it gets signed messages that equal the list of events', async () => {
    const small = await world.api.factory.tenant({ seatsTotal: 1 });
    const hook = await world.webhook(small);
    const seat = await world.api.takeSeat(small.member);
    await world.api.post('licenses/acquire', { machine_id: randomUUID() }, small.admin.accessToken).expect(403);
    await world.api.release(seat.session_token).expect(200);
    await expect.poll(() => typesAt(hook.path).length, WAIT).toBe(3);

    const got = world.receiver.received.filter(({ path }) => path === hook.path);
    for (const request of got) expect(verify(request, hook.secret)).toEqual(request.event);
    expect(got.map(({ headers, event }) => headers['webhook-id'] === event.id)).toEqual([true, true, true]);
    const { body } = await world.api.get('events', small.owner.accessToken).expect(200);
    const events = (body as { results: Event[] }).results;
    expect(got.map(({ event }) => event)).toEqual(expect.arrayContaining(events));
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(events.find(({ type }) => type === 'license_session.released')).toMatchObject({
      resource_id: seat.session_id,
      data: { user_id: small.member.id, license_id: small.license.id, seat_no: 1, after: { status: 'released' } },
    });
    expect(events.find(({ type }) => type === 'denial.created')).toMatchObject({
      data: { reason: 'no_seats_available', user_id: small.admin.id, license_id: small.license.id },
    });
  });
});

describe('given endpoints of two tenants', () => {
  it('then each gets only events of its own tenant, of the types that it has selected', async () => {
    const other = await world.api.factory.tenant();
    const [ours, theirs] = [await world.webhook(tenant), await world.webhook(other, { event_types: ['user.enabled'] })];
    const [ourUser, theirUser] = [randomUUID(), randomUUID()];
    await world.happen(tenant, ourUser, 'user.disabled', 'user.enabled');
    await world.happen(other, theirUser, 'user.disabled', 'user.enabled');
    const told = (path: string) => world.receiver.eventsAt(path).map((event) => [event.type, event.resource_id]);
    await expect
      .poll(() => told(ours.path), WAIT)
      .toEqual([
        ['user.disabled', ourUser],
        ['user.enabled', ourUser],
      ]);
    await expect.poll(() => told(theirs.path), WAIT).toEqual([['user.enabled', theirUser]]);
    expect(await statuses(ours.id)).toHaveLength(2);
  });
});

describe('given several events of one resource, when the first cannot be delivered', () => {
  it('then later ones of the resource wait for it, and those of other resources do not', async () => {
    const [slow, quick] = [randomUUID(), randomUUID()];
    const hook = await world.webhook(tenant);
    world.receiver.answer = (response, { event }) => response.writeHead(event.resource_id === slow ? 500 : 204).end();
    await world.happen(tenant, slow, 'user.created', 'user.disabled', 'user.enabled');
    await world.happen(tenant, quick, 'user.created', 'user.disabled');
    await expect
      .poll(() => statuses(hook.id), WAIT)
      .toEqual([...Array<string>(3).fill('pending'), 'succeeded', 'succeeded']);
    const of = (resource: string) =>
      world.receiver.eventsAt(hook.path).flatMap(({ type, resource_id: id }) => (id === resource ? [type] : []));
    expect(of(slow)).toEqual(['user.created']);
    expect(of(quick)).toEqual(['user.created', 'user.disabled']);

    world.receiver.answer = always(204);
    world.advance(6);
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(Array(5).fill('succeeded'));
    expect(of(slow)).toEqual(['user.created', 'user.created', 'user.disabled', 'user.enabled']);
  });
});

describe('given an endpoint that always fails', () => {
  it('then it is tried ten times over three days with growing waits, then given up, and the next event is sent', async () => {
    const resource = randomUUID();
    const hook = await world.webhook(tenant);
    world.receiver.answer = (response, { event }) =>
      response.writeHead(event.type === 'user.created' ? 503 : 204).end();
    await world.happen(tenant, resource, 'user.created', 'user.disabled');
    const [first] = await world.deliveries(tenant, hook.id);
    const log = async () => (await detail(first!.id)).attempt_log;
    for (const [i, seconds] of [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, 0].entries()) {
      await expect.poll(async () => (await log()).length, WAIT).toBe(i + 1);
      world.advance(seconds * 1.1);
    }
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['failed', 'succeeded']);
    expect(await detail(first!.id)).toMatchObject({ attempts: 10, next_attempt_at: null });
    expect((await log()).every(({ status_code: code, error }) => code === 503 && error === null)).toBe(true);
    expect(await webhookOf(hook.id)).toMatchObject({ status: 'enabled', consecutive_failures: 0, failing_since: null });
  }, 60_000);

  it('then Retry-After is respected, a redirect is not followed, and 2 KB of the answer are kept', async () => {
    const hook = await world.webhook(tenant);
    world.receiver.answer = (response, { event }) => {
      if (event.type === 'user.created') response.writeHead(429, { 'retry-after': '3600' }).end('\0slow down');
      else response.writeHead(302, { location: world.receiver.url('/elsewhere') }).end('x'.repeat(1_000_000));
    };
    await world.happen(tenant, randomUUID(), 'user.created');
    await world.happen(tenant, randomUUID(), 'user.disabled');
    const attempted = async () => (await world.deliveries(tenant, hook.id)).map(({ attempts }) => attempts);
    await expect.poll(attempted, WAIT).toEqual([1, 1]);
    const logged = async () =>
      Promise.all(
        (await world.deliveries(tenant, hook.id)).map(async ({ id }) => (await detail(id)).attempt_log.length),
      );
    await expect.poll(logged, WAIT).toEqual([1, 1]);
    const [limited, redirected] = await Promise.all(
      (await world.deliveries(tenant, hook.id)).map(({ id }) => detail(id)),
    );
    expect(limited!.attempt_log[0]).toMatchObject({ status_code: 429, body: 'slow down' });
    expect(Date.parse(limited!.next_attempt_at!) - Date.now()).toBeGreaterThan(3_500_000);
    expect(redirected!.attempt_log[0]).toMatchObject({ status_code: 302, body: 'x'.repeat(2048) });
    expect(world.receiver.eventsAt('/elsewhere')).toEqual([]);
  });
});

describe('given an endpoint that is no longer in use', () => {
  it('then 410 disables it at once, skips pending deliveries, and e-mails the owners', async () => {
    const hook = await world.webhook(tenant);
    world.receiver.answer = always(410);
    await world.happen(tenant, randomUUID(), 'user.created', 'user.disabled');
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['failed', 'skipped']);
    expect(await webhookOf(hook.id)).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });
    await world.happen(tenant, randomUUID(), 'user.created');
    expect(await statuses(hook.id)).toEqual(['failed', 'skipped']);
    expect(await mailsOf()).toHaveLength(1);
    await expect.poll(() => mailAbout(hook.url), WAIT).toContain('answered 410 Gone');
    const [entry] = await world.api.auditOf(hook.id, 'webhook.disabled');
    expect(entry).toMatchObject({ actorType: 'system', after: { status: 'disabled', disabled_reason: 'gone' } });
  });

  it.each([
    ['20th failure in a row after more than a day', 19, 25, 'disabled'],
    ['19th', 18, 25, 'enabled'],
    ['20th within a day', 19, 23, 'enabled'],
  ])('then the %s (%i failures before, %i hours) leaves it %s', async (_, failures, hours, status) => {
    const hook = await world.webhook(tenant);
    await world.api.db.system.webhookEndpoint.update({
      where: { tenantId_id: { tenantId: tenant.id, id: hook.id } },
      data: { consecutiveFailures: failures, failingSince: new Date(Date.now() - hours * 3_600_000) },
    });
    world.receiver.answer = always(500);
    await world.happen(tenant, randomUUID(), 'user.created');
    await expect.poll(async () => (await webhookOf(hook.id)).consecutive_failures, WAIT).toBe(failures + 1);
    expect((await webhookOf(hook.id)).status).toBe(status);
    expect(await mailsOf()).toHaveLength(status === 'disabled' ? 1 : 0);
  });
});

describe('a delivery whose job runs twice', () => {
  it('is sent once', async () => {
    const hook = await world.webhook(tenant);
    let letGo = (): void => {};
    world.receiver.answer = (response, { path }) => {
      const answer = () => response.writeHead(204).end();
      if (path === hook.path) letGo = answer;
      else answer(); // a retry of an earlier test
    };
    await world.happen(tenant, randomUUID(), 'user.created');
    await expect.poll(() => typesAt(hook.path).length, WAIT).toBe(1);
    const [delivery] = await world.deliveries(tenant, hook.id);
    const ref = { tenantId: tenant.id, id: delivery!.id };
    const again = await Promise.all([1, 2, 3].map(() => world.worker.get(WebhookDeliverer).deliver(ref)));
    expect(again).toEqual(['taken', 'taken', 'taken']);
    letGo();
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['succeeded']);
    expect(await world.worker.get(WebhookDeliverer).deliver(ref)).toBe('taken');
    expect(typesAt(hook.path)).toHaveLength(1);
  });

  it('is found again if Redis lost its job or the worker died', async () => {
    const jobs = world.worker.get(WebhookJobs);
    await jobs.onModuleDestroy(); // from now on it does not look for deliveries by itself
    const hook = await world.webhook(tenant);
    await world.happen(tenant, randomUUID(), 'user.created');
    const [delivery] = await world.deliveries(tenant, hook.id);
    await world.api.db.system.webhookDelivery.update({
      where: { tenantId_id: { tenantId: tenant.id, id: delivery!.id } },
      data: { attempts: 1, claimedUntil: new Date(Date.now() + 60_000) },
    });
    await jobs.relay();
    await world.api.redis.flushall();
    expect(typesAt(hook.path)).toEqual([]);
    world.advance(61);
    await jobs.relay();
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['succeeded']);
    expect(await detail(delivery!.id)).toMatchObject({ attempts: 2 });
    jobs.onApplicationBootstrap();
  });
});

describe('given a rotated secret', () => {
  it('then deliveries carry both signatures for 24 hours, and afterwards only the new one', async () => {
    const hook = await world.webhook(tenant, { event_types: ['user.created'] });
    const { body } = await world.api
      .post(`webhooks/${hook.id}/rotate-secret`, {}, tenant.owner.accessToken)
      .expect(200);
    const { secret } = body as { secret: string };
    expect(secret).not.toBe(hook.secret);
    const last = (): Received => world.receiver.received.findLast(({ path }) => path === hook.path)!;
    await world.happen(tenant, randomUUID(), 'user.created');
    await expect.poll(() => typesAt(hook.path).length, WAIT).toBe(1);
    for (const valid of [secret, hook.secret]) expect(verify(last(), valid)).toEqual(last().event);
    world.advance(24 * 3600 + 1);
    await world.happen(tenant, randomUUID(), 'user.created');
    await expect.poll(() => typesAt(hook.path).length, WAIT).toBe(2);
    expect(String(last().headers['webhook-signature']).split(' ')).toHaveLength(1);
  });
});

describe('given an endpoint that was down, when it is enabled again', () => {
  it('then a replay delivers the missed events in order with the same ids, and a retry delivers a single one', async () => {
    const hook = await world.webhook(tenant, { event_types: ['user.created', 'user.disabled'] });
    const owner = tenant.owner.accessToken;
    const resource = randomUUID();
    await world.happen(tenant, resource, 'user.created');
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['succeeded']);
    await world.api.post(`webhooks/${hook.id}/disable`, {}, owner).expect(200);
    await world.happen(tenant, resource, 'user.disabled', 'user.enabled');
    const range = { from: new Date(Date.now() - 24 * 3_600_000).toISOString() };
    expect((await world.api.post(`webhooks/${hook.id}/replay`, range, owner).expect(409)).body).toMatchObject({
      code: 'webhook_disabled',
    });
    await world.api.post(`webhooks/${hook.id}/enable`, {}, owner).expect(200);
    const replay = await world.api.post(`webhooks/${hook.id}/replay`, range, owner).expect(202);
    expect(replay.body).toEqual({ deliveries: 2 });
    await expect.poll(() => typesAt(hook.path), WAIT).toEqual(['user.created', 'user.created', 'user.disabled']);
    const [before, again] = world.receiver.eventsAt(hook.path);
    expect(again).toEqual(before);

    const [delivery] = await world.deliveries(tenant, hook.id);
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['succeeded', 'succeeded']);
    await world.api.post(`webhooks/deliveries/${delivery!.id}/retry`, {}, owner).expect(200);
    await expect.poll(() => typesAt(hook.path).at(-1), WAIT).toBe('user.created');
    expect((await detail(delivery!.id)).attempt_log.length).toBeGreaterThan(1);
  });
});
