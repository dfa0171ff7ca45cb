import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { newMonth, sealEntries, TestArchiver } from '#test/audit-archives';
import { eraseFromAudit, verifyAudit, writeEntries } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';
import { SeatLedger } from '#modules/licenses/ledger/seat-ledger';
import { DataExportFiles } from '#modules/tenants/exports/data-export-files';
import { TenantPurge } from '#modules/tenants/closing/tenant-purge';
import { LocalArchiveStore } from '../stores/local-archive-store.js';

const EMAIL = 'ada@acme.example';

let api: TestApp;
let dir: string;
let archive: TestArchiver;
beforeAll(async () => {
  [api, dir] = [await TestApp.start(), await mkdtemp(path.join(os.tmpdir(), 'archive-'))];
  archive = new TestArchiver(api, new LocalArchiveStore(dir));
});
afterAll(async () => {
  await archive.close();
  await api.stop();
  await rm(dir, { recursive: true });
});

let tenant: TestTenant;
let month: string;
beforeEach(async () => {
  archive.calm();
  [tenant, month] = [await api.factory.tenant(), await newMonth(api)];
});

const erase = ({ member }: TestTenant, until?: Date) => eraseFromAudit(api, member, EMAIL, until);
const addressesOf = ({ member }: TestTenant) => api.db.system.formerAddress.count({ where: { userId: member.id } });
/** The details of the audit entries about erasures in archived months. */
const told = async ({ member }: TestTenant) =>
  (await api.auditOf(member.id, 'audit_log.erased')).map(({ after }) => after);
const verify = (of: TestTenant) => verifyAudit(api, of);
async function restored({ slug }: TestTenant): Promise<SealedEntry[]> {
  const lines = (await archive.restored(month, slug)).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as SealedEntry);
}

describe('given an archived month, when a person is erased', () => {
  it('then the next run erases the person from the archive, keeps its chains valid, and writes an entry about it', async () => {
    const other = await api.factory.tenant();
    await sealEntries(api, tenant.id, month, 6);
    await sealEntries(api, other.id, month, 4);
    await archive.run();
    const before = await archive.months.verify(month);
    expect(await archive.content(month)).toContain(EMAIL);

    await erase(tenant);
    const pending = await api.db.system.auditErasure.findFirstOrThrow({ where: { tenantId: tenant.id } });
    expect(pending).toMatchObject({ userId: tenant.member.id, archivesErasedAt: null });
    expect(await addressesOf(tenant)).toBe(1);
    expect(pending.completedAt).toBeInstanceOf(Date);
    // A restore before that run erases the person too.
    expect((await restored(tenant)).map(({ actor_name }) => actor_name)).toEqual(Array(6).fill(null));

    expect(await archive.run()).toMatchObject({ archived: [], erased: 6, deleted: 0 });
    const after = await archive.months.verify(month);
    expect(after.tenants).toEqual(before.tenants);
    expect(after.objects[0]!.name).not.toBe(before.objects[0]!.name);
    expect(await archive.stored(month)).toHaveLength(2); // the old objects are gone
    expect(JSON.stringify(await restored(tenant))).not.toContain(EMAIL);
    expect((await restored(other)).map(({ actor_name }) => actor_name)).toEqual(Array(4).fill(EMAIL));

    expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 6 } });
    const done = await api.db.system.auditErasure.findFirstOrThrow({ where: { tenantId: tenant.id } });
    expect(done).toMatchObject({ archivesErasedAt: expect.any(Date) });
    expect(await addressesOf(tenant)).toBe(0);
    expect(await told(tenant)).toEqual([{ month, archived_entries: 6 }]);
    expect(await archive.run()).toMatchObject({ erased: 0 });
  });

  it('then only objects that contain the person are replaced', async () => {
    archive.objects.objectBytes = 3_000;
    const tenants = [tenant, await api.factory.tenant(), await api.factory.tenant()];
    for (const { id } of tenants) await sealEntries(api, id, month, 20);
    await archive.run();
    const names = async () => (await archive.months.verify(month)).objects.map(({ name }) => name);
    const before = await names();
    await erase(tenants[1]!);
    expect(await archive.run()).toMatchObject({ erased: 20 });
    const after = await names();
    const kept = before.filter((name) => after.includes(name));
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.length).toBeLessThan(before.length - 3);
    expect(await archive.stored(month)).toEqual(expect.arrayContaining(after));
    expect(await archive.stored(month)).toHaveLength(after.length + 1);
  });

  it('then the next run finishes a run that was killed before any of its steps', async () => {
    archive.objects.objectBytes = 2_000;
    await sealEntries(api, tenant.id, month, 8);
    await archive.run();
    await erase(tenant);
    let killed = 0;
    for (let step = 1; ; step += 1) {
      let steps = 0;
      archive.store.before = () => {
        steps += 1;
        if (steps === step) throw new Error(`killed before step ${step}`);
      };
      const end = await archive.run().catch((error: unknown) => String(error));
      archive.store.before = () => {};
      expect(JSON.stringify(await restored(tenant))).not.toContain(EMAIL);
      if (typeof end === 'object') break;
      killed += 1;
    }
    expect(killed).toBeGreaterThan(5);
    await archive.months.verify(month);
    api.clock.offsetMs = 86_400_000 + 60_000;
    await archive.run();
    api.clock.offsetMs = 0;
    expect(await archive.content(month)).not.toContain(EMAIL);
    expect(await told(tenant)).toEqual([{ month, archived_entries: 8 }]);
  });

  it.each([
    ['manifest', '.json', 'it is not the manifest that was recorded'],
    ['object', '.gz', 'incorrect header check'],
  ])(
    'then a %s that cannot be read delays neither other months nor people of other organizations',
    async (_, end, why) => {
      const [later, other] = [await newMonth(api), await api.factory.tenant()];
      await sealEntries(api, tenant.id, month, 2);
      for (const of of [tenant, other]) await sealEntries(api, of.id, later, 3);
      await archive.run();
      for (const of of [tenant, other]) await erase(of);
      archive.store.damage = (name, chunk) =>
        name.startsWith(month) && name.endsWith(end) ? Buffer.from(chunk).fill(7, 0, 4) : chunk;
      await expect(archive.run()).rejects.toThrow(new RegExp(`some people were not erased: ${month}: .*${why}`));
      archive.calm();
      expect(await archive.content(later)).not.toContain(EMAIL);
      const done = [{ month: later, archived_entries: 3 }];
      expect([await told(tenant), await told(other)]).toEqual([done, done]);
      expect([await addressesOf(tenant), await addressesOf(other)]).toEqual([1, 0]); // still needed for the damaged month

      expect(await archive.run()).toMatchObject({ erased: 2 });
      expect(await archive.content(month)).not.toContain(EMAIL);
      expect(await told(tenant)).toEqual([...done, { month, archived_entries: 2 }]);
      expect(await addressesOf(tenant)).toBe(0);
    },
  );

  it('then a person who is erased again meanwhile stays pending', async () => {
    await sealEntries(api, tenant.id, month, 2);
    await archive.run();
    await erase(tenant);
    archive.store.before = async (operation) => {
      if (operation !== 'delete') return;
      archive.calm();
      await eraseFromAudit(api, tenant.member, 'countess@acme.example');
    };
    await archive.run();
    expect(await addressesOf(tenant)).toBe(2);
    await archive.run();
    expect(await addressesOf(tenant)).toBe(0);
    expect(await told(tenant)).toEqual([{ month, archived_entries: 2 }]);
  });

  it('then remains of a run in another month are removed, even if one month is damaged', async () => {
    const damaged = await newMonth(api);
    for (const of of [month, damaged]) await sealEntries(api, tenant.id, of, 2);
    await archive.run();
    await erase(tenant);
    archive.store.before = (operation) => {
      if (operation === 'delete') throw new Error('killed');
    };
    await archive.run().catch(() => {});
    archive.calm();
    expect(await archive.content(month)).toContain(EMAIL); // in an object that no manifest names any more
    archive.store.damage = (name, chunk) =>
      name.startsWith(damaged) && name.endsWith('.json') ? Buffer.from(chunk).fill(7) : chunk;
    api.clock.offsetMs = 86_400_000 + 60_000;
    await expect(archive.run()).rejects.toThrow(`strays: ${damaged}: `);
    api.clock.offsetMs = 0;
    archive.calm();
    expect(await archive.content(month)).not.toContain(EMAIL);
    await archive.months.verify(damaged); // none of its objects was removed
  });
});

it('given the same entries, when a person is erased before or after archiving, then the same data is erased', async () => {
  const later = await api.factory.tenant();
  const start = Date.parse(`${month}-05T00:00:00Z`);
  const [since, until] = [-1, 3_600_000].map((ms) => new Date(start + ms)) as [Date, Date];
  for (const { id, member, admin, viewer, license } of [tenant, later]) {
    await api.db.system.formerAddress.create({
      data: { tenantId: id, userId: viewer.id, email: EMAIL, until: since },
    });
    const personal = { ip: '203.0.113.7', userAgent: 'curl/8.5' };
    const user = { actorType: 'user', ...personal } as const;
    const ada = { ...user, actorId: member.id, actorName: EMAIL };
    const bob = { ...user, actorId: admin.id, actorName: 'bob@acme.example' };
    const about = { resourceType: 'user', resourceId: member.id };
    const entries = [
      { ...ada, after: { name: 'Project' } },
      { ...ada, actorType: 'api_key' as const, actorId: license.id, actorName: 'Ada@Acme.example' },
      { ...bob, ...about, before: { name: 'Ada' }, after: { name: 'Ada L.' } },
      { ...bob, after: { to: [{ email: 'ADA@acme.example' }], role: 'member' } },
      { ...bob, after: { text: `wrote to <${EMAIL}>.` } },
      { ...personal, ...about, after: { reason: 'password' } },
      { ...personal, after: { reason: 'unknown' } },
      { ...ada, after: { client_name: 'cli', ip: '203.0.113.8' } },
      { ...bob, after: { client_name: 'cli', ip: '203.0.113.9' } },
      { ...bob, after: { email: 'grace.ada@acme.example', also: 'ada@acme.example.org' } },
      { ...bob, ...about },
      { ...about, action: 'audit_log.erased', after: { entries: 3 } },
      { ...bob, before: { a: 1 } },
      ...[since, new Date(until.getTime() + 1)].flatMap((occurredAt) => [
        { ...bob, after: { email: EMAIL }, occurredAt }, // while the address belonged to another user
        { ...ada, actorId: viewer.id, occurredAt },
      ]),
      { ...bob, after: { email: EMAIL }, occurredAt: until },
    ];
    await writeEntries(
      api,
      id,
      entries.map((entry, i) => ({ occurredAt: new Date(start + i), ...entry })),
    );
    await verify(id === tenant.id ? tenant : later); // seals
  }
  const erased = await erase(tenant, until);
  expect(erased).toBe(8);
  await archive.run();
  await erase(later, until);
  expect(await archive.run()).toMatchObject({ erased });
  const shape = (entries: SealedEntry[]) =>
    entries.map(({ actor_name, ip, user_agent, before, after, actor_salt, detail_salt, erased_at }) => {
      const gone = [actor_salt, detail_salt, erased_at].map((value) => value === null);
      return { actor_name, ip, user_agent, before, after, gone };
    });
  expect(shape(await restored(later))).toEqual(shape(await restored(tenant)));
});

it('given an archived month, when an organization is deleted, then the next run deletes it from the archive', async () => {
  const other = await api.factory.tenant();
  await sealEntries(api, tenant.id, month, 6);
  await sealEntries(api, other.id, month, 4);
  await archive.run();
  await api.db.system.tenant.update({
    where: { id: other.id },
    data: { status: 'closed', deleteAfter: new Date(Date.now() - 1000) },
  });
  const purge = new TenantPurge(api.db, api.app.get(SeatLedger), new DataExportFiles(api.config));
  expect(await purge.run()).toBe(1);
  expect((await archive.months.verify(month)).rows).toBe(10);

  expect(await archive.run()).toMatchObject({ deleted: 4 });
  expect(await archive.months.verify(month)).toMatchObject({ rows: 6, tenants: [{ tenant_id: tenant.id }] });
  expect(await archive.content(month)).not.toContain(other.id);
});
