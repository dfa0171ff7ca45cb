import type { EventList, WebhookDelivery, WebhookWithSecret } from '@coditect/contracts/webhooks';
import { withClient } from '@coditect/local-stack/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiProcess } from '../api-process.js';
import type { TestApp } from '../app.js';
import { writeEntries } from '../audit-entries.js';
import type { TestTenant } from '../factory.js';
import { pastDenials } from '../usage-history.js';
import { always, type Received, WebhookReceiver } from '../webhook-receiver.js';
import { eventually } from './eventually.js';
import { withLock } from './postgres-locks.js';
import { outcomes, WITHIN_MS, WorkerDrill } from './worker-drill.js';

let drill: WorkerDrill;
let api: TestApp;
let receiver: WebhookReceiver;
let tenant: TestTenant;
beforeAll(async () => {
  [drill, receiver] = await Promise.all([
    WorkerDrill.start({ WEBHOOK_ALLOW_PRIVATE: 'true' }),
    new WebhookReceiver().start(),
  ]);
  ({ api } = drill);
});
afterAll(async () => {
  await drill.stop();
  await receiver.stop();
});
beforeEach(async () => {
  if (!drill.worker.running) await drill.startWorker(); // so that a failed test does not make others fail
  receiver.answer = always(204);
  tenant = await api.factory.tenant();
});

const change = (action: string, resourceId: string) => ({ action, resourceType: action.split('.')[0]!, resourceId });
const deny = () => pastDenials(api, tenant.license, [{ user: tenant.member, at: new Date() }]);

async function events() {
  const { body } = await api.get('events', tenant.owner.accessToken).expect(200);
  return (body as EventList).results;
}

/** Creates an endpoint of the tenant with its own path at the receiver. */
async function endpoint() {
  const path = `/${tenant.id}`;
  const answer = await api.post('webhooks', { url: receiver.url(path) }, tenant.owner.accessToken).expect(201);
  const { id } = answer.body as WebhookWithSecret;
  const deliveries = async () => {
    const route = `webhooks/${id}/deliveries?ordering=event_sequence`;
    const { body } = await api.get(route, tenant.owner.accessToken).expect(200);
    return (body as { results: WebhookDelivery[] }).results;
  };
  const received = () => receiver.received.filter((request) => request.path === path);
  const allArrived = (count: number) =>
    eventually(
      async () => expect((await deliveries()).map(({ status }) => status)).toEqual(Array(count).fill('succeeded')),
      WITHIN_MS,
    );
  return { deliveries, received, allArrived };
}

const told = ({ event }: Received) => `${event.type} ${event.resource_id}`;
const [FIRST, SECOND, OTHER] = ['license.suspended one', 'license.reinstated one', 'user.disabled two'];
const happen = () =>
  writeEntries(api, tenant.id, [
    change('license.suspended', 'one'),
    change('license.reinstated', 'one'),
    change('user.disabled', 'two'),
  ]);

describe('given audit entries and denials, when the worker is killed while it records them as events', () => {
  it.each(outcomes)(
    'and its statement %s, then another worker records each once, numbered without gaps, with one delivery each',
    async (outcome) => {
      const { deliveries, allArrived } = await endpoint();
      await writeEntries(api, tenant.id, [change('user.created', '1'), change('user.disabled', '2')]);
      await allArrived(2);
      await drill.killWriting('events', 'INSERT INTO "public"."events"', outcome, async () => {
        await Promise.all([
          writeEntries(api, tenant.id, [change('user.enabled', '3'), change('user.removed', '4')]),
          deny(),
        ]);
      });
      expect(await events()).toHaveLength(2); // each with its deliveries and its number
      await drill.takeOver('events');
      await eventually(async () => expect(await events()).toHaveLength(5), WITHIN_MS);
      const recorded = await events();
      expect(recorded.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
      expect(recorded.map(({ resource_id: id }) => id).slice(0, 2)).toEqual(['1', '2']);
      expect(new Set(recorded.map(({ type }) => type))).toEqual(
        new Set(['user.created', 'user.disabled', 'user.enabled', 'user.removed', 'denial.created']),
      );
      await allArrived(5);
      expect((await deliveries()).map((delivery) => delivery.event_id)).toEqual(recorded.map(({ id }) => id));
    },
  );
});

describe('given events of two resources and an endpoint', () => {
  it('when the worker is killed while the receiver holds one, then that one is sent again, before the next one of its resource', async () => {
    const { received, allArrived, deliveries } = await endpoint();
    receiver.answer = (response, request) => {
      if (told(request) !== FIRST) response.writeHead(204).end();
    };
    await happen();
    await eventually(async () => expect(received().map(told).toSorted()).toEqual([FIRST, OTHER]), WITHIN_MS);
    await eventually(async () => expect((await deliveries())[2]).toMatchObject({ status: 'succeeded' }));
    await drill.worker.kill();
    expect((await deliveries()).map(({ status }) => status)).toEqual(['pending', 'pending', 'succeeded']);
    receiver.answer = always(204);
    await drill.takeOver('webhooks');
    await allArrived(3);
    expect(received().map(told).slice(2)).toEqual([FIRST, SECOND]);
    const [one, again] = received().filter((request) => told(request) === FIRST);
    expect(again!.headers['webhook-id']).toBe(one!.headers['webhook-id']);
    expect(again!.body).toBe(one!.body);
    expect((await deliveries()).map(({ attempts }) => attempts)).toEqual([2, 1, 1]);
  });

  it.each(outcomes)(
    'when the worker is killed while it records the response, and its statement %s, then the same is sent again, in order',
    async (outcome) => {
      const { received, allArrived, deliveries } = await endpoint();
      await drill.killWriting('webhook_attempts', 'webhook_attempts', outcome, async () => {
        await happen();
        // The response of the other resource may be the first one that waits to be recorded.
        await eventually(async () => expect(received().map(told)).toContain(FIRST), WITHIN_MS);
      });
      expect(received().map(told)).not.toContain(SECOND);
      await drill.takeOver('webhooks');
      await allArrived(3);
      const ofOne = received().filter(({ event }) => event.resource_id === 'one');
      expect(ofOne.map(told)).toEqual([FIRST, FIRST, SECOND]);
      expect(new Set(received().map(({ headers }) => headers['webhook-id'])).size).toBe(3);
      expect((await deliveries())[0]).toMatchObject({ attempts: 2 });
    },
  );
});

describe('given an invitation, when the API is killed after its commit and before its response', () => {
  const holdAnswers = 'SELECT pg_advisory_xact_lock(4711)';
  beforeAll(() =>
    withClient(api.stack.database.urls.owner, (owner) =>
      owner.query(`
        CREATE FUNCTION hold_answer() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END';
        CREATE TRIGGER hold_answer BEFORE UPDATE OF status ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION hold_answer()`),
    ),
  );

  it('and one worker is killed while it relays and the next while it sends, then the mail is sent exactly once', async () => {
    const { smtp } = drill;
    const email = `${tenant.slug}@example.test`;
    const invite = (baseUrl: string) =>
      fetch(`${baseUrl}/api/v1/users/invitations`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': 'one-invitation',
          authorization: `Bearer ${tenant.owner.accessToken}`,
        },
        body: JSON.stringify({ email, role: 'member' }),
      });
    await drill.worker.kill();
    const server = await ApiProcess.start(api.stack);
    await withLock(api.stack, [holdAnswers], async (lock) => {
      const answered = invite(server.baseUrl).then(
        () => true,
        () => false,
      );
      await lock.waiterIn('UPDATE idempotency_keys');
      await server.kill();
      await lock.endWaiters();
      expect(await answered).toBe(false);
    });
    await withLock(api.stack, ['LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE'], async (lock) => {
      await drill.startWorker();
      await lock.waiterIn('FROM "public"."outbox"');
      await drill.worker.kill();
      await lock.endWaiters();
    });
    smtp.mood = 'holds';
    await drill.takeOver('outbox');
    await eventually(async () => expect(smtp.offered).toBe(1), WITHIN_MS);
    await drill.worker.kill();
    expect(smtp.mails).toEqual([]);
    smtp.mood = 'takes';
    await drill.takeOver('outbox');
    const messages = () => api.db.system.outboxMessage.findMany({ where: { tenantId: tenant.id } });
    await eventually(
      async () => expect(await messages()).toMatchObject([{ publishedAt: expect.any(Date) as Date }]),
      WITHIN_MS,
    );
    expect(smtp.mails.map(({ to }) => [to].flat()[0]?.text)).toEqual([email]);

    api.clock.offsetMs = 61_000; // the claim of the dead process is over
    const again = await invite(await api.app.getUrl());
    expect(await again.json()).toMatchObject({ code: 'idempotency_result_unknown' });
    api.clock.offsetMs = 0;
    expect(await api.db.system.invitation.count({ where: { tenantId: tenant.id } })).toBe(1);
    expect(await messages()).toHaveLength(1);
  });
});
