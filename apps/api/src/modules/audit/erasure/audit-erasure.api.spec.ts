import type { AuditLog } from '@coditect/db/generated/prisma/client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { eraseFromAudit, verifyAudit, writeEntries } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';

let api: TestApp;
beforeAll(async () => {
  api = await sharedApp();
});

const EMAIL = 'ada@acme.example';
const erase = ({ member }: TestTenant) => eraseFromAudit(api, member, EMAIL);

describe('given audit entries by, about and around a person, when that person is erased', () => {
  let tenant: TestTenant;
  let other: TestTenant;
  let rows: Map<string, AuditLog>;
  let lastHash: string | null;
  const verify = () => verifyAudit(api, tenant);
  beforeAll(async () => {
    [tenant, other] = [await api.factory.tenant(), await api.factory.tenant()];
    const personal = { ip: '203.0.113.7', userAgent: 'curl/8.5' };
    const user = { actorType: 'user', ...personal } as const;
    const ada = { ...user, actorId: tenant.member.id, actorName: EMAIL };
    const bob = { ...user, actorId: tenant.admin.id, actorName: 'bob@acme.example' };
    const about = { resourceType: 'user', resourceId: tenant.member.id };
    const key = { resourceType: 'api_key', resourceId: 'k1' };
    const named = (name: string) => ({ requestId: name });
    const entries = [
      { ...ada, ...named('by-her'), after: { name: 'Project' } },
      { ...ada, ...named('by-her-key'), actorType: 'api_key' as const, actorId: tenant.license.id },
      { ...bob, ...about, ...named('about-her'), before: { name: 'Ada' }, after: { name: 'Ada L.' } },
      { ...bob, ...named('invites-her'), after: { to: [{ email: 'ADA@acme.example' }], role: 'member' } },
      { ...bob, ...named('tells-of-her'), after: { text: `wrote to <${EMAIL}>.` } },
      { ...personal, ...about, ...named('fails-to-sign-in'), after: { reason: 'password' } },
      { ...ada, ...named('lets-a-device-in'), after: { client_name: 'cli', ip: '203.0.113.8' } },
      { ...personal, ...about, ...named('forgets-her-password') },
      {
        ...bob,
        ...named('her-identity'),
        resourceType: 'identity',
        after: { user_id: about.resourceId, email: 'a@b.example' },
      },
      {
        ...bob,
        ...named('unlinked'),
        resourceType: 'identity',
        before: { user_id: about.resourceId, email: 'a@b.example' },
      },
      { ...ada, ...named('her-key'), ...key, action: 'api_key.created', after: { name: 'Ada’s laptop' } },
      { ...bob, ...named('her-key-renamed'), ...key, action: 'api_key.renamed', before: { name: 'Ada’s laptop' } },
      { ...bob, ...named('her-other-key'), ...key, resourceId: 'k2', after: { name: 'Ada’s desk' } },
      { ...bob, ...named('her-other-key-gone'), ...key, resourceId: 'k2', before: { user_id: about.resourceId } },
      { ...bob, ...named('key-of-others'), ...key, resourceId: 'k3', before: { user_id: tenant.admin.id } },
      { ...bob, ...named('another'), after: { email: 'grace.ada@acme.example', also: 'ada@acme.example.org' } },
      { ...bob, ...named('of-others'), before: { a: 1 } },
    ];
    await writeEntries(api, tenant.id, entries);
    await writeEntries(api, other.id, entries);
    lastHash = (await verify()).last_hash;
    expect(await erase(tenant)).toBe(14);
    const found = await api.db.system.auditLog.findMany({ where: { tenantId: tenant.id } });
    rows = new Map(found.map((row) => [row.requestId ?? '', row]));
  });

  const NO_ACTOR = { actorName: null, ip: null, userAgent: null, actorSalt: null };
  const NO_DETAIL = { before: null, after: null, detailSalt: null };
  it.each([
    ['by-her', NO_ACTOR],
    ['by-her', { after: { name: 'Project' } }],
    ['by-her-key', NO_ACTOR],
    ['about-her', { ...NO_DETAIL, actorName: 'bob@acme.example', ip: '203.0.113.7' }],
    ['invites-her', NO_DETAIL],
    ['tells-of-her', NO_DETAIL],
    ['lets-a-device-in', { ...NO_ACTOR, ...NO_DETAIL }],
    ['fails-to-sign-in', { ...NO_ACTOR, ...NO_DETAIL }],
    ['forgets-her-password', NO_ACTOR],
    ['her-identity', NO_DETAIL],
    ['unlinked', NO_DETAIL],
    ['her-key', { ...NO_ACTOR, ...NO_DETAIL }],
    ['her-key-renamed', NO_DETAIL],
    ['her-other-key', NO_DETAIL],
    ['her-other-key-gone', NO_DETAIL],
  ])('then the personal data in %s is erased: %j', (name, expected) => {
    expect(rows.get(name)).toMatchObject({ ...expected, erasedAt: expect.any(Date) });
    expect(rows.get(name)!.actorDigest).toHaveLength(32);
  });

  it.each(['another', 'of-others', 'key-of-others'])('then %s is untouched', (name) => {
    expect(rows.get(name)).toMatchObject({ actorName: 'bob@acme.example', erasedAt: null });
    expect(rows.get(name)!.before ?? rows.get(name)!.after).not.toBeNull();
  });

  it('then the chain is unchanged and valid, and its report counts erased entries', async () => {
    const report = await verify();
    expect(report).toMatchObject({ valid: true, entries: 18, erased: 14 });
    const last = await api.db.system.auditLog.findFirstOrThrow({ where: { tenantId: tenant.id, sequence: 17 } });
    expect(Buffer.from(last.hash!).toString('base64url')).toBe(lastHash);
  });

  it('then an entry without personal data records the erasure', async () => {
    const [entry, ...more] = await api.auditOf(tenant.member.id, 'audit_log.erased');
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ resourceType: 'user', after: { entries: 14 }, actorName: null });
  });

  it('then no entry contains the address any more, and another tenant keeps its entries', async () => {
    const left = async ({ id }: TestTenant) => {
      const { rows: found } = await api.db.systemQuery<{ name: string }>(
        `SELECT request_id AS name FROM audit_logs a WHERE tenant_id = $1 AND to_jsonb(a)::text ILIKE '%ada@acme.example%'`,
        [id],
      );
      return found.map(({ name }) => name).toSorted();
    };
    expect(await left(tenant)).toEqual(['another']);
    expect(await left(other)).toHaveLength(7);
  });

  it('then erasing again finds nothing and writes nothing', async () => {
    const before = await api.db.system.auditLog.count({ where: { tenantId: tenant.id } });
    expect(await erase(tenant)).toBe(0);
    expect(await api.db.system.auditLog.count({ where: { tenantId: tenant.id } })).toBe(before);
  });
});

it('given thousands of entries, when a person is erased, then all pages are searched', async () => {
  const tenant = await api.factory.tenant();
  await api.db.systemQuery(
    `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, actor_id, actor_name, action, resource_type)
     SELECT $1, gen_random_uuid(), now(), 'user', $2, $3, 'a.b', 'c' FROM generate_series(1, 2500)`,
    [tenant.id, tenant.member.id, EMAIL],
  );
  expect(await erase(tenant)).toBe(2500);
  expect(await verifyAudit(api, tenant)).toMatchObject({ valid: true, entries: 2501, erased: 2500 });
});
