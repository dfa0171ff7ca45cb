import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeEntries } from '#test/audit-entries';
import { withLock } from '#test/drills/postgres-locks';
import type { TestTenant } from '#test/factory';
import { always } from '#test/webhook-receiver';
import { WebhookWorld } from '#test/webhook-world';
import { Clock } from '#platform/clock';
import { EventCleanup } from '../recording/event-cleanup.js';
import { ATTEMPTS_OF_TENANT, DUE } from './webhook-turns.js';

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
const statuses = async (id: string) => (await world.deliveries(tenant, id)).map(({ status }) => status);
const rowOf = (id: string) =>
  world.api.db.system.webhookEndpoint.findUniqueOrThrow({ where: { tenantId_id: { tenantId: tenant.id, id } } });

/** A receiver that holds its answers until released, except at one path. */
function holdAnswers(but?: string): { held: ServerResponse[]; answer: (status: number) => void } {
  const held: ServerResponse[] = [];
  world.receiver.answer = (response, { path }) => (path === but ? response.writeHead(204).end() : held.push(response));
  const answer = (status: number) => {
    world.receiver.answer = always(status);
    for (const response of held.splice(0)) response.writeHead(status).end();
  };
  return { held, answer };
}

/** Records events of this many resources of the tenant. */
async function happenOften(times: number): Promise<void> {
  const created = () => ({ action: 'user.created', resourceType: 'user', resourceId: randomUUID() });
  await writeEntries(world.api, tenant.id, Array.from({ length: times }, created));
  await world.record();
}

/** Inserts events of this many resources, and their deliveries to the endpoint, as the recorder does. */
async function backlog(endpointId: string, resources: number, ofEach: number): Promise<void> {
  await world.api.db.systemQuery(
    `WITH log AS (SELECT coalesce(max(sequence), 0) AS last FROM events WHERE tenant_id = $1), event AS (
       INSERT INTO events (tenant_id, id, sequence, type, resource_type, resource_id, data, occurred_at, recorded_at)
       SELECT $1, gen_random_uuid(), last + n, 'user.created', 'user', 'r' || (n % $3), '{}', now(), now()
       FROM log, generate_series(1, $3::int * $4::int) AS n RETURNING *)
     INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, event_type, resource_type, resource_id, sequence,
       waiting, next_attempt_at)
     SELECT tenant_id, gen_random_uuid(), $2, id, type, resource_type, resource_id, sequence,
       row_number() OVER (PARTITION BY resource_id ORDER BY sequence) > 1, now() + interval '1 hour' FROM event`,
    [tenant.id, endpointId, resources, ofEach],
  );
  await world.api.db.systemQuery('ANALYZE webhook_deliveries');
}

describe('given a tenant whose endpoints do not answer', () => {
  it('then it has at most 20 attempts in progress, and another tenant gets its events at once', async () => {
    const other = await world.api.factory.tenant();
    const hooks = await Promise.all(Array.from({ length: 20 }, () => world.webhook(tenant)));
    const theirs = await world.webhook(other);
    const { held, answer } = holdAnswers(theirs.path);
    await happenOften(3);
    await expect.poll(() => held.length, WAIT).toBe(ATTEMPTS_OF_TENANT);
    expect(new Set(held.map(({ req }) => req.url))).toEqual(new Set(hooks.map(({ path }) => path))); // endpoints take turns
    await world.happen(other, randomUUID(), 'user.created');
    await expect.poll(() => world.receiver.eventsAt(theirs.path).length, WAIT).toBe(1);
    expect(held).toHaveLength(ATTEMPTS_OF_TENANT);
    answer(204);
    await expect.poll(() => statuses(hooks[19]!.id), WAIT).toEqual(Array(3).fill('succeeded'));
  });

  it('then deleting these endpoints and creating others gives it no more attempts', async () => {
    const other = await world.api.factory.tenant();
    const theirs = await world.webhook(other);
    const { held, answer } = holdAnswers(theirs.path);
    for (const round of [1, 2]) {
      const hooks = await Promise.all([1, 2].map(() => world.webhook(tenant)));
      await happenOften(10);
      await expect.poll(() => held.length, WAIT).toBe(ATTEMPTS_OF_TENANT);
      await world.happen(other, randomUUID(), 'user.created');
      await expect.poll(() => world.receiver.eventsAt(theirs.path).length, WAIT).toBe(round);
      for (const { id } of hooks) await world.api.delete(`webhooks/${id}`, tenant.owner.accessToken).expect(204);
    }
    expect(held).toHaveLength(ATTEMPTS_OF_TENANT);
    answer(204);
  });
});

describe('looking for due deliveries', () => {
  it('does not cost more if more deliveries wait for older ones or for their next attempt', async () => {
    const [failing, busy] = [await world.webhook(tenant), await world.webhook(tenant)];
    const read = async () => {
      const { rows } = await world.api.db.systemQuery<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${DUE}`,
        [new Date(), 10, 20, 200],
      );
      const { Plan: plan } = rows[0]!['QUERY PLAN'][0];
      return plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
    };
    const grow = async (resources: number, ofEach: number) => {
      await backlog(failing.id, resources, ofEach);
      await backlog(busy.id, 1, resources * ofEach);
      await read(); // the first read marks dead index entries
      return read();
    };
    const before = await grow(50, 4);
    expect(await grow(2_500, 4)).toBeLessThan(before * 3);
  });

  it('lets a delivery go on within the hour if the one it waits for was deleted with its event', async () => {
    const hook = await world.webhook(tenant);
    await backlog(hook.id, 1, 2);
    await world.api.db.system.event.deleteMany({ where: { tenantId: tenant.id, sequence: 1 } });
    world.advance(3601);
    await world.worker.get(EventCleanup).run();
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['succeeded']);
  });
});

describe('given an endpoint that is being disabled while events are recorded', () => {
  it('then no delivery is planned for it', async () => {
    const hook = await world.webhook(tenant);
    const disable = `WITH d AS (UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'manual' WHERE id = $1)
      SELECT`;
    await withLock(world.stack, [disable, hook.id], async (lock) => {
      const recorded = world.happen(tenant, randomUUID(), 'user.created');
      await lock.waiterIn('FOR SHARE');
      await lock.letGo();
      await recorded;
    });
    expect(await statuses(hook.id)).toEqual([]);
  });

  it('then remaining deliveries are skipped and not sent', async () => {
    const hook = await world.webhook(tenant);
    await backlog(hook.id, 2, 2);
    await world.api.db.systemQuery(
      `UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'manual' WHERE id = $1`,
      [hook.id],
    );
    world.advance(3601);
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(Array(4).fill('skipped'));
    expect(world.receiver.eventsAt(hook.path)).toEqual([]);
  });
});

describe('a replay', () => {
  it('is refused if more than 10,000 deliveries would be pending, and does not repeat pending ones', async () => {
    const hook = await world.webhook(tenant);
    const owner = tenant.owner.accessToken;
    await backlog(hook.id, 1, 9_999);
    const moments = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
    await world.api.db.systemQuery(
      `INSERT INTO events (tenant_id, id, sequence, type, resource_type, resource_id, data, occurred_at, recorded_at)
       SELECT $1, gen_random_uuid(), 10000 + n, 'user.created', 'user', 'r0', '{}', at, at
       FROM unnest($2::timestamptz[]) WITH ORDINALITY AS event (at, n)`,
      [tenant.id, moments],
    );
    const replay = (from: string) => world.api.post(`webhooks/${hook.id}/replay`, { from, to }, owner);
    const to = '2026-01-03T00:00:00Z';
    const { body } = await replay(moments[0]!).expect(422);
    expect(body).toMatchObject({ errors: [{ path: 'from', code: 'too_big' }] });
    expect((await replay(moments[1]!).expect(202)).body).toEqual({ deliveries: 1 });
    expect((await replay(moments[1]!).expect(202)).body).toEqual({ deliveries: 0 });
    await replay(moments[0]!).expect(422);
    const { body: all } = await world.api.get(`webhooks/${hook.id}/deliveries?status=pending`, owner).expect(200);
    expect(all).toMatchObject({ count: 10_000 });
  });

  it('is sent in order, even before pending deliveries', async () => {
    const hook = await world.webhook(tenant);
    const resource = randomUUID();
    await world.happen(tenant, resource, 'user.created', 'user.disabled');
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['succeeded', 'succeeded']);
    world.receiver.answer = always(500);
    await world.happen(tenant, resource, 'user.enabled');
    await expect.poll(() => world.receiver.eventsAt(hook.path).length, WAIT).toBe(3);
    await expect.poll(async () => (await rowOf(hook.id)).consecutiveFailures, WAIT).toBe(1);
    world.receiver.answer = always(204);
    const range = { from: new Date(Date.now() - 2 * 3_600_000).toISOString() };
    await world.api.post(`webhooks/${hook.id}/replay`, range, tenant.owner.accessToken).expect(202);
    world.advance(6);
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(Array(3).fill('succeeded'));
    expect(world.receiver.eventsAt(hook.path).map(({ type }) => type)).toEqual([
      'user.created',
      'user.disabled',
      'user.enabled',
      'user.created',
      'user.disabled',
      'user.enabled',
    ]);
  });
});

describe('given an attempt in progress', () => {
  it('when the endpoint gets another URL, then the answer of the old one does not count', async () => {
    const hook = await world.webhook(tenant);
    const { held, answer } = holdAnswers();
    await world.happen(tenant, randomUUID(), 'user.created');
    await expect.poll(() => held.length, WAIT).toBe(1);
    const url = world.receiver.url('/moved');
    await world.api.patch(`webhooks/${hook.id}`, { url }, tenant.owner.accessToken).expect(200);
    answer(410);
    world.receiver.answer = always(204);
    const attempts = () => world.api.db.system.webhookAttempt.count({ where: { tenantId: tenant.id } });
    await expect.poll(attempts, WAIT).toBe(1);
    expect(await rowOf(hook.id)).toMatchObject({ status: 'enabled', consecutiveFailures: 0 });
    world.advance(6);
    await expect.poll(() => statuses(hook.id), WAIT).toEqual(['succeeded']);
    expect(world.receiver.eventsAt('/moved')).toHaveLength(1);
  });

  it('when the endpoint is deleted, then nothing of it is left, and nothing fails', async () => {
    const hook = await world.webhook(tenant);
    const { held, answer } = holdAnswers();
    await world.happen(tenant, randomUUID(), 'user.created', 'user.disabled');
    await expect.poll(() => held.length, WAIT).toBe(1);
    await world.api.delete(`webhooks/${hook.id}`, tenant.owner.accessToken).expect(204);
    answer(204);
    const next = await world.webhook(tenant);
    await world.happen(tenant, randomUUID(), 'user.created');
    await expect.poll(() => statuses(next.id), WAIT).toEqual(['succeeded']);
    expect(world.receiver.eventsAt(hook.path)).toHaveLength(1);
    expect(await world.api.db.system.webhookAttempt.count({ where: { tenantId: tenant.id } })).toBe(1);
  });
});

describe('an endpoint that fails', () => {
  it('keeps its version, so that a change with If-Match still works', async () => {
    const hook = await world.webhook(tenant);
    world.receiver.answer = always(500);
    await world.happen(tenant, randomUUID(), 'user.created');
    await expect.poll(async () => (await rowOf(hook.id)).consecutiveFailures, WAIT).toBe(1);
    const url = world.receiver.url('/right');
    const patch = world.api.patch(`webhooks/${hook.id}`, { url }, tenant.owner.accessToken);
    expect((await patch.set('if-match', '"v1"').expect(200)).body).toMatchObject({ version: 2 });
  });
});
