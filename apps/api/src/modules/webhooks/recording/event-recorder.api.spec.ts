import type { EventList } from '@coditect/contracts/webhooks';
import { withClient } from '@coditect/local-stack/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { writeEntries } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';
import { Clock } from '#platform/clock';
import { AuditSealer } from '#modules/audit/chain/audit-sealer';
import { EVENT_DAYS, EventCleanup } from './event-cleanup.js';
import { EventRecorder } from './event-recorder.js';

const DAY_MS = 24 * 60 * 60 * 1000;

let api: TestApp;
let recorders: EventRecorder[];
beforeAll(async () => {
  api = await TestApp.start();
  const { db, clock } = api;
  recorders = [1, 2, 3].map(() => new EventRecorder(db, api.app.get(AuditSealer), clock));
});
afterAll(() => api.stop());

const record = () => Promise.all(recorders.map((recorder) => recorder.recordAll()));
const list = async (tenant: TestTenant, query = '') =>
  (await api.get(`events${query}`, tenant.owner.accessToken).expect(200)).body as EventList;
const change = (i: number) => ({ action: 'user.disabled', resourceType: 'user', resourceId: `${i}` });
const deny = (tenant: TestTenant) =>
  api.db.system.denial.create({
    data: { tenantId: tenant.id, userId: tenant.member.id, machineId: 'm', reason: 'no_seats_available', features: [] },
  });

describe('given several recorders at once, while entries and denials are written', () => {
  it('then each becomes exactly one event, numbered without gaps, in the order of the chain', async () => {
    const tenants = await Promise.all([api.factory.tenant(), api.factory.tenant()]);
    const writers = tenants.flatMap((tenant) => [
      ...[0, 1, 2].map((writer) =>
        writeEntries(
          api,
          tenant.id,
          Array.from({ length: 20 }, (_, i) => change(writer * 20 + i)),
        ),
      ),
      Promise.all(Array.from({ length: 15 }, () => deny(tenant))),
    ]);
    const written = Promise.all(writers);
    await Promise.all([record(), written]);
    await record();
    for (const tenant of tenants) {
      const { results, last_sequence, has_more } = await list(tenant, '?limit=1000');
      expect(results.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 75 }, (_, i) => i + 1));
      expect([last_sequence, has_more]).toEqual([75, false]);
      const users = results.filter(({ type }) => type === 'user.disabled').map(({ resource_id: id }) => id);
      const chain = await api.db.system.auditLog.findMany({
        where: { tenantId: tenant.id },
        orderBy: { sequence: 'asc' },
      });
      expect(users).toEqual(chain.map(({ resourceId }) => resourceId));
      expect(new Set(results.map(({ resource_id: id }) => id)).size).toBe(75);
    }
  });

  it('then an interrupted recording leaves nothing, and the next one records all', async () => {
    const tenant = await api.factory.tenant();
    await writeEntries(api, tenant.id, [change(1), change(2)]);
    await deny(tenant);
    await api.app.get(AuditSealer).seal(tenant.id);
    const dies = new EventRecorder(
      Object.create(api.db, {
        systemTx: {
          value: (work: Parameters<typeof api.db.systemTx>[0]) =>
            api.db.systemTx(async (tx) => {
              await work(tx);
              throw new Error('killed');
            }),
        },
      }) as typeof api.db,
      api.app.get(AuditSealer),
      api.clock,
    );
    await expect(dies.record(tenant.id)).rejects.toThrow('killed');
    expect((await list(tenant)).results).toEqual([]);
    expect(await recorders[0]!.record(tenant.id)).toEqual({ events: 3, more: false });
    expect(await recorders[0]!.record(tenant.id)).toEqual({ events: 0, more: false });
    expect((await list(tenant)).results).toHaveLength(3);
  });

  it('then several batches are recorded to the end, even if most entries become no events', async () => {
    const tenant = await api.factory.tenant();
    await api.db.systemQuery(
      `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type, resource_id)
       SELECT $1, gen_random_uuid(), now() - make_interval(secs => 2000 - n), 'system',
         CASE WHEN n % 100 = 0 THEN 'license.suspended' ELSE 'user.logged_in' END, 'license', n::text
       FROM generate_series(1, 1200) AS n`,
      [tenant.id],
    );
    await record();
    expect((await list(tenant)).results.map(({ resource_id: id }) => Number(id))).toEqual(
      Array.from({ length: 12 }, (_, i) => (i + 1) * 100),
    );
  });
});

describe('given a tenant with a long backlog', () => {
  it('then other tenants do not wait until it is done', async () => {
    const [large, ...small] = [
      await api.factory.tenant(),
      ...(await Promise.all([1, 2, 3, 4].map(() => api.factory.tenant()))),
    ];
    const entries = `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type, resource_id)
      SELECT $1, gen_random_uuid(), now() - make_interval(secs => 2000 - n), 'system', 'user.disabled', 'user', n::text
      FROM generate_series(1, $2::int) AS n`;
    await api.db.systemQuery(entries, [large.id, 1100]);
    for (const { id } of small) await writeEntries(api, id, [change(1)]);
    await recorders[0]!.recordAll();
    const { rows } = await api.db.systemQuery<{ tenant_id: string; events: number; last: number }>(
      `SELECT tenant_id, count(*)::int AS events, max(xmin::text::bigint)::int AS last FROM events
       WHERE tenant_id = ANY ($1) GROUP BY tenant_id`,
      [[large, ...small].map(({ id }) => id)],
    );
    const [ofLarge, ...ofSmall] = rows.toSorted((a, b) => b.events - a.events);
    expect([ofLarge!.events, ...ofSmall.map(({ events }) => events)]).toEqual([1100, 1, 1, 1, 1]);
    expect(Math.max(...ofSmall.map(({ last }) => last))).toBeLessThan(ofLarge!.last);
  });

  it('then a tenant whose entries cannot be sealed does not delay others', async () => {
    const [broken, other] = [await api.factory.tenant(), await api.factory.tenant()];
    await withClient(api.stack.database.urls.owner, (owner) =>
      owner.query(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''broken''; END';
        CREATE TRIGGER refuse BEFORE UPDATE ON audit_logs FOR EACH ROW WHEN (OLD.resource_id = 'broken')
          EXECUTE FUNCTION refuse()`),
    );
    await writeEntries(api, broken.id, [{ ...change(1), resourceId: 'broken' }]);
    await writeEntries(api, other.id, [change(1)]);
    await record();
    expect([(await list(broken)).results, (await list(other)).results]).toMatchObject([[], [{ resource_id: '1' }]]);
    await withClient(api.stack.database.urls.owner, (owner) => owner.query('DROP TRIGGER refuse ON audit_logs'));
  });
});

describe('an event', () => {
  it('has ids, roles and statuses, and no names or addresses of people', async () => {
    const tenant = await api.factory.tenant();
    const { id } = tenant.member;
    await api.patch(`users/${id}`, { role: 'viewer', name: 'Somebody' }, tenant.owner.accessToken).expect(200);
    await api.post(`users/${id}/disable`, {}, tenant.owner.accessToken).expect(200);
    await record();
    const { results } = await list(tenant);
    const actor = { type: 'user', id: tenant.owner.id };
    expect(results).toMatchObject([
      { type: 'user.role_changed', resource_id: id },
      { type: 'user.disabled', resource_id: id },
    ]);
    expect(results.map(({ data }) => data)).toEqual([
      { actor, before: { role: 'member' }, after: { role: 'viewer' } },
      { actor, before: { status: 'active' }, after: { status: 'disabled' } },
    ]);
  });
});

describe('the list of events', () => {
  it('continues after the given sequence, skips other types, and has no events of other tenants', async () => {
    const [tenant, other] = await Promise.all([api.factory.tenant(), api.factory.tenant()]);
    await writeEntries(api, tenant.id, [change(1), { ...change(2), action: 'user.enabled' }, change(3), change(4)]);
    await record();
    expect(await list(other)).toEqual({ results: [], last_sequence: 0, has_more: false });
    const first = await list(tenant, '?type=user.enabled&limit=1');
    expect(first).toMatchObject({ results: [{ sequence: 2 }], last_sequence: 4, has_more: false });
    expect(await list(tenant, '?limit=3')).toMatchObject({ last_sequence: 3, has_more: true });
    expect(await list(tenant, '?after=3')).toMatchObject({ results: [{ resource_id: '4' }], last_sequence: 4 });
    expect(await list(tenant, '?after=4')).toEqual({ results: [], last_sequence: 4, has_more: false });
    for (const wrong of ['?after=-1', '?after=x', '?type=nothing', '?limit=1001', '?offset=1'])
      await api.get(`events${wrong}`, tenant.owner.accessToken).expect(422);
  });

  it('drops old events, and never uses a number twice', async () => {
    const tenant = await api.factory.tenant();
    await writeEntries(api, tenant.id, [change(1), change(2)]);
    await record();
    const later = new Clock();
    later.offsetMs = EVENT_DAYS * DAY_MS - 2 * 3_600_000;
    await new EventCleanup(api.db, later).run();
    expect((await list(tenant)).results).toHaveLength(2);
    later.offsetMs += 2 * 3_600_000;
    await new EventCleanup(api.db, later).run();
    expect((await list(tenant)).results).toEqual([]);
    await writeEntries(api, tenant.id, [change(3)]);
    await record();
    expect(await list(tenant)).toMatchObject({ results: [{ sequence: 3, resource_id: '3' }] });
  });

  it('are deleted even for more tenants and events than one statement takes, and younger ones stay', async () => {
    await api.db.systemQuery(
      `WITH tenant AS (
        INSERT INTO tenants (id, slug, name) SELECT gen_random_uuid(), 'many-' || n, '' FROM generate_series(1, 250) AS n
        RETURNING id
      ), log AS (
        INSERT INTO event_logs (tenant_id, id) SELECT id, gen_random_uuid() FROM tenant
      )
      INSERT INTO events (tenant_id, id, sequence, type, resource_type, resource_id, data, occurred_at, recorded_at)
      SELECT id, gen_random_uuid(), n, 'user.created', 'user', 'of many', '{}',
        now() - make_interval(days => CASE WHEN n <= 12 THEN $1::int + 1 ELSE $1::int - 1 END), now()
      FROM tenant, generate_series(1, 13) AS n`,
      [EVENT_DAYS],
    );
    expect(await new EventCleanup(api.db, api.clock).run()).toBe(250 * 12);
    expect(await api.db.system.event.count({ where: { resourceId: 'of many' } })).toBe(250);
    expect(await api.db.system.event.count({ where: { resourceId: 'of many', sequence: 13 } })).toBe(250);
  });
});
