import { randomUUID } from 'node:crypto';
import { AuditLogPage } from '@coditect/contracts/audit';
import type { AuditLog } from '@coditect/contracts/audit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { writeEntries } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
let stranger: TestTenant;
const at = (hour: number) => new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 2, hour));
beforeAll(async () => {
  api = await sharedApp();
  [tenant, stranger] = [await api.factory.tenant(), await api.factory.tenant()];
  const ada = { actorType: 'user', actorId: tenant.owner.id, actorName: 'ada@acme.example' } as const;
  await writeEntries(api, tenant.id, [
    { ...ada, occurredAt: at(1), action: 'user.disabled', resourceType: 'user', resourceId: 'u1', ip: '2001:db8::1' },
    { ...ada, occurredAt: at(2), action: 'user_session.ended', resourceType: 'user_session', resourceId: 's1' },
    { occurredAt: at(3), action: 'user.enabled', resourceType: 'user', resourceId: 'u1', requestId: 'req-00000003' },
    { occurredAt: at(4), action: 'project.created', resourceType: 'project', resourceId: 'p1', after: { name: 'X' } },
    { occurredAt: at(5), action: 'user.password.changed', resourceType: 'user', resourceId: 'u2', actorName: 'a%b' },
  ]);
  await writeEntries(api, stranger.id, [{ occurredAt: at(1), action: 'user.disabled', resourceType: 'user' }]);
});

async function listed(query = '', user = tenant.admin) {
  const { body } = await api.get(`audit-logs${query}`, user.accessToken).expect(200);
  return AuditLogPage.strict().parse(body);
}
/** The hours of the listed entries; the five entries are of the hours 1 to 5. */
const hoursOf = ({ results }: { results: AuditLog[] }) =>
  results.map(({ occurred_at }) => new Date(occurred_at).getUTCHours());

describe('given five audit entries, when an admin lists them', () => {
  it('then the list has only entries of the tenant, newest first, with all recorded fields', async () => {
    const page = await listed();
    expect([page.count, hoursOf(page)]).toEqual([5, [5, 4, 3, 2, 1]]);
    expect(page.results[4]).toMatchObject({
      occurred_at: at(1).toISOString(),
      actor_type: 'user',
      actor_id: tenant.owner.id,
      actor_name: 'ada@acme.example',
      action: 'user.disabled',
      resource_type: 'user',
      resource_id: 'u1',
      ip: '2001:db8::1',
      before: null,
      after: null,
      user_agent: null,
      request_id: null,
      erased_at: null,
    });
    expect(page.results[1]).toMatchObject({ after: { name: 'X' } });
    expect(JSON.stringify(page)).not.toMatch(/salt|digest/);
  });

  it.each([
    ['ordering=occurred_at', [1, 2, 3, 4, 5]],
    ['actor_id=:owner', [2, 1]],
    ['actor_id=:stranger', []],
    ['action=user.disabled', [1]],
    ['action=user.*', [5, 3, 1]],
    ['action=user.password.*', [5]],
    ['action=user_session.*', [2]],
    ['action=user', []],
    ['resource_type=user', [5, 3, 1]],
    ['resource_type=user&resource_id=u1', [3, 1]],
    ['request_id=req-00000003', [3]],
    ['from=:3', [5, 4, 3]],
    ['to=:3', [2, 1]],
    ['from=:2&to=:4', [3, 2]],
    ['search=ADA', [2, 1]],
    ['search=enabled', [3]],
    ['search=%25', [5]],
    ['search=r_d', []],
    ['search=', [5, 4, 3, 2, 1]],
    ['action=user.*&resource_id=u1&ordering=occurred_at', [1, 3]],
  ])('then ?%s returns the entries of the hours %j', async (query, hours) => {
    const filled = query
      .replace(':owner', tenant.owner.id)
      .replace(':stranger', stranger.owner.id)
      .replaceAll(/:(\d)/g, (_, hour: string) => at(Number(hour)).toISOString());
    const page = await listed(`?${filled}`);
    expect([page.count, hoursOf(page)]).toEqual([hours.length, hours]);
  });

  it('then times can be given in any time zone', async () => {
    const inTokyo = `${new Date(at(4).getTime() + 9 * 3_600_000).toISOString().slice(0, 19)}%2B09:00`;
    expect(hoursOf(await listed(`?from=${inTokyo}`))).toEqual([5, 4]);
  });

  it('then pages follow each other', async () => {
    const first = await listed('?limit=2&action=user.*');
    expect([hoursOf(first), first.count]).toEqual([[5, 3], 3]);
    expect(hoursOf(await listed(first.next!.replace('/api/v1/audit-logs', '')))).toEqual([1]);
  });

  it.each([
    ['offset=10001', 'offset'],
    ['limit=1001', 'limit'],
    ['ordering=action', 'ordering'],
    ['action=*', 'action'],
    ['action=user*', 'action'],
    ['action=%25', 'action'],
    ['actor_id=7', 'actor_id'],
    ['resource_type=User', 'resource_type'],
    ['resource_id=a%00b', 'resource_id'],
    ['request_id=%20', 'request_id'],
    ['from=yesterday', 'from'],
    ['from=2026-11-22', 'from'],
    ['from=0000-01-01T00:00:00Z', 'from'],
    ['from=0001-01-01T00:00:00%2B23:59', 'from'],
    ['to=9999-12-31T23:59:59-23:59', 'to'],
    ['from=2026-11-22T00:00:00Z&to=2026-11-22T00:00:00Z', 'to'],
    ['search=%00', 'search'],
    ['actor=me', 'actor'],
  ])('then ?%s is refused, and the error names the parameter', async (query, path) => {
    const { body } = await api.get(`audit-logs?${query}`, tenant.admin.accessToken).expect(422);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path }] });
  });

  it('then a time with any valid offset is accepted', async () => {
    for (const query of ['from=0001-01-01T00:00:00-23:59', 'to=9999-12-31T23:59:59%2B23:59'])
      expect((await listed(`?${query}`)).count).toBe((await listed()).count);
  });

  it('then a refused offset gets an error that says what to do instead', async () => {
    await api.get('audit-logs?offset=10000', tenant.admin.accessToken).expect(200);
    const { body } = await api.get('audit-logs?offset=10001', tenant.admin.accessToken).expect(422);
    expect((body as { errors: { message: string }[] }).errors[0]!.message).toMatch(/from and to, or use the export/);
  });

  it('then an entry can be read by its id, and no entry of another tenant', async () => {
    const { results } = await listed('?limit=1');
    const { body } = await api.get(`audit-logs/${results[0]!.id}`, tenant.owner.accessToken).expect(200);
    expect(body).toEqual(results[0]);
    for (const [id, user] of [
      [results[0]!.id, stranger.owner],
      [randomUUID(), tenant.owner],
    ] as const) {
      const answer = await api.get(`audit-logs/${id}`, user.accessToken).expect(404);
      expect((answer.body as { code: string }).code).toBe('audit_log_not_found');
    }
    for (const role of ['member', 'viewer'] as const)
      await api.get(`audit-logs/${results[0]!.id}`, tenant[role].accessToken).expect(403);
  });

  it('then an entry shows its place in the chain once it is sealed', async () => {
    await api.get('audit-logs/verify', stranger.owner.accessToken).expect(200);
    expect((await listed('', stranger.owner)).results[0]).toMatchObject({ sequence: 1, hash: expect.any(String) });
    expect((await listed()).results[0]).toMatchObject({ sequence: null, hash: null });
  });
});
