import type { Webhook, WebhookWithSecret } from '@coditect/contracts/webhooks';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';
import { EventCleanup } from './recording/event-cleanup.js';

const URL = 'https://hooks.acme.example/coditect';

let api: TestApp;
let tenant: TestTenant;
let owner: string;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  owner = tenant.owner.accessToken;
});

const create = async (body: object = {}) =>
  (await api.post('webhooks', { url: URL, ...body }, owner).expect(201)).body as WebhookWithSecret;
const row = (id: string) =>
  api.db.system.webhookEndpoint.findUniqueOrThrow({ where: { tenantId_id: { tenantId: tenant.id, id } } });

describe('a webhook', () => {
  it('is created with a secret that is shown once and stored encrypted', async () => {
    const { id, secret, ...webhook } = await create({
      event_types: ['user.removed', 'denial.created', 'user.removed'],
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({ url: URL, event_types: ['denial.created', 'user.removed'], status: 'enabled' });
    const { body } = await api.get(`webhooks/${id}`, owner).expect(200);
    expect(body).toEqual({ id, ...webhook });
    const list = await api.get('webhooks', tenant.admin.accessToken).expect(200);
    expect(list.body).toMatchObject({ count: 1, results: [{ id, ...webhook }] });
    expect((await row(id)).secret).not.toContain(secret.slice('whsec_'.length));
    const [entry] = await api.auditOf(id, 'webhook.created');
    expect(JSON.stringify(entry!.after)).not.toContain('whsec_');
  });

  it('selects all events unless told otherwise', async () => {
    expect((await create()).event_types).toEqual(['*']);
    expect((await create({ event_types: ['user.created', '*'] })).event_types).toEqual(['*']);
  });

  it('is created only once by a repeated request', async () => {
    const send = () => api.post('webhooks', { url: URL }, owner).set('idempotency-key', 'once').expect(201);
    const [first, second] = [await send(), await send()];
    expect(second.body).toEqual(first.body);
    expect((await api.get('webhooks', owner)).body).toMatchObject({ count: 1 });
  });

  it.each([
    ['http://hooks.acme.example/', 'url_not_allowed'],
    ['https://127.0.0.1/', 'url_not_allowed'],
    ['https://ada:secret@hooks.acme.example/', 'url_not_allowed'],
    ['https://hooks.acme.example:6379/', 'url_not_allowed'],
    ['hooks.acme.example', 'invalid_format'],
  ])('cannot have the URL %s', async (url, code) => {
    const { body } = await api.post('webhooks', { url }, owner).expect(422);
    expect(body).toMatchObject({ errors: [{ path: 'url', code }] });
    const { id } = await create();
    await api.patch(`webhooks/${id}`, { url }, owner).expect(422);
  });

  it('is one of at most 20, even with concurrent requests', async () => {
    const all = await Promise.all(Array.from({ length: 22 }, () => api.post('webhooks', { url: URL }, owner)));
    expect(all.filter(({ status }) => status === 201)).toHaveLength(20);
    const refused = all.filter(({ status }) => status !== 201).map(({ body }) => body as object);
    expect(refused).toMatchObject(
      [1, 2].map(() => ({ code: 'quota_exceeded', quota: 'max_webhooks', limit: 20, used: 20 })),
    );
  });

  it('is changed only with its latest version, and only differing fields count as changed', async () => {
    const { id } = await create();
    const patch = (body: object, tag: string) => api.patch(`webhooks/${id}`, body, owner).set('if-match', tag);
    const { body } = await patch({ description: 'Seats', event_types: ['user.created'] }, '"v1"').expect(200);
    expect(body).toMatchObject({ description: 'Seats', event_types: ['user.created'], url: URL, version: 2 });
    await patch({ description: 'Other' }, '"v1"').expect(412);
    expect((await patch({ description: 'Seats', url: URL }, '"v2"').expect(200)).body).toMatchObject({ version: 2 });
    const entries = await api.auditOf(id, 'webhook.updated');
    expect(entries).toMatchObject([
      {
        before: { description: '', event_types: ['*'] },
        after: { description: 'Seats', event_types: ['user.created'] },
      },
    ]);
  });

  it('is disabled and enabled by hand, each once', async () => {
    const { id } = await create();
    const call = async (verb: string) =>
      (await api.post(`webhooks/${id}/${verb}`, {}, owner).expect(200)).body as Webhook;
    expect(await call('disable')).toMatchObject({ status: 'disabled', disabled_reason: 'manual', version: 2 });
    expect(await call('disable')).toMatchObject({ version: 2 });
    expect(await call('enable')).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      disabled_at: null,
      version: 3,
    });
    expect(await call('enable')).toMatchObject({ version: 3 });
    expect(await api.db.system.outboxMessage.count({ where: { tenantId: tenant.id } })).toBe(0);
  });

  it('is deleted with its deliveries', async () => {
    const { id } = await create();
    const about = { tenantId: tenant.id, resourceType: 'user', resourceId: tenant.owner.id, sequence: 1 };
    const [occurredAt, eventType] = [new Date(), 'user.created'];
    const event = await api.db.system.event.create({
      data: { ...about, type: eventType, data: {}, occurredAt, recordedAt: occurredAt },
    });
    const delivery = await api.db.system.webhookDelivery.create({
      data: { ...about, endpointId: id, eventId: event.id, eventType, nextAttemptAt: occurredAt },
    });
    await api.delete(`webhooks/${id}`, owner).expect(204);
    await api.get(`webhooks/${id}`, owner).expect(404);
    const { body } = await api.get(`webhooks/deliveries/${delivery.id}`, owner).expect(404);
    expect(body).toMatchObject({ code: 'delivery_not_found' });
    for (const verb of ['enable', 'disable', 'test', 'rotate-secret'])
      await api.post(`webhooks/${id}/${verb}`, {}, owner).expect(404);
    await api.delete(`webhooks/${id}`, owner).expect(404);
    await api.post(`webhooks/deliveries/${delivery.id}/retry`, {}, owner).expect(404);
    await api.get(`webhooks/${id}/deliveries`, owner).expect(404);
    expect((await api.get('webhooks', owner).expect(200)).body).toMatchObject({ count: 0 });
    await new EventCleanup(api.db, api.clock).run();
    expect(await api.db.system.webhookDelivery.count({ where: { tenantId: tenant.id } })).toBe(0);
    expect(await api.db.system.webhookEndpoint.count({ where: { tenantId: tenant.id } })).toBe(0);
  });
});

describe('a test event', () => {
  it('says why it could not be sent, and does not change the failure count', async () => {
    const { id } = await create({ url: 'https://does-not-exist.invalid/' });
    const { body } = await api.post(`webhooks/${id}/test`, {}, owner).expect(200);
    expect(body).toMatchObject({ succeeded: false, status_code: null, error: expect.any(String) as string });
    expect(await row(id)).toMatchObject({ consecutiveFailures: 0 });
    expect(await api.auditOf(id, 'webhook.tested')).toHaveLength(1);
  });
});

describe('a member', () => {
  it('can neither see webhooks nor read events', async () => {
    const { id } = await create();
    for (const route of ['webhooks', `webhooks/${id}`, `webhooks/${id}/deliveries`, 'events'])
      await api.get(route, tenant.member.accessToken).expect(403);
  });
});
