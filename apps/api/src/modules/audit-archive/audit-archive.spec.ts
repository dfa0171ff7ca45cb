import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { type ArchivePlace, archivePlaces } from '#test/archive-places';
import { isDropped, newMonth, sealEntries, TestArchiver } from '#test/audit-archives';
import { verifyAudit, writeEntries } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';
import { verifyOffline } from '#test/offline-audit';

let api: TestApp; // one per archive, because the database records what is in it

const verify = (of: TestTenant) => verifyAudit(api, of);
const exported = async ({ owner }: TestTenant) => {
  const answer = await api.get('audit-logs/export?format=ndjson', owner.accessToken).expect(200);
  return answer.text ?? String(answer.body);
};
const noop = () => Promise.resolve();

describe.each(archivePlaces)('given months of audit entries, and %s as the archive', (_, open) => {
  let place: ArchivePlace;
  let archive: TestArchiver;
  let tenant: TestTenant;
  let month: string;
  beforeEach(async () => {
    tenant = await api.factory.tenant();
    month = await newMonth(api);
  });
  afterEach(() => {
    archive.calm();
    api.clock.offsetMs = 0;
  });
  beforeAll(async () => {
    api = await TestApp.start();
    place = await open();
    archive = new TestArchiver(api, place.store);
  });
  afterAll(async () => {
    await archive.close();
    await place.close();
    await api.stop();
  });

  it('then old months leave the database, and the chain verifies across the cut, by the endpoint and offline', async () => {
    const [other, second] = [await api.factory.tenant(), await newMonth(api)];
    await sealEntries(api, tenant.id, month, 30);
    await sealEntries(api, other.id, month, 5);
    await sealEntries(api, tenant.id, second, 20);
    await writeEntries(api, tenant.id, [{}, {}]);
    const before = await verify(tenant);
    expect(before).toMatchObject({ valid: true, entries: 52, first_sequence: 1 });
    expect(before).not.toHaveProperty('archived_through');

    expect((await archive.run())?.archived).toEqual([month, second]);

    expect([await isDropped(api, month), await isDropped(api, second)]).toEqual([true, true]);
    const after = await verify(tenant);
    expect(after).toMatchObject({ valid: true, entries: 2, first_sequence: 51, last_hash: before.last_hash });
    expect(after.archived_through).toMatchObject({ sequence: 50 });
    expect(await verify(other)).toMatchObject({ valid: true, entries: 0, archived_through: { sequence: 5 } });

    const { sequence, hash } = after.archived_through!;
    const rest = await exported(tenant); // includes the entry about the export
    expect(await verifyOffline(rest)).toMatchObject({ exit: 1, report: { broken_at: { sequence: 1, reason: 'gap' } } });
    expect(await verifyOffline(rest, '--after', `${sequence}:${hash}`)).toMatchObject({
      exit: 0,
      report: { valid: true, first_sequence: 51, last_sequence: 53 },
    });
    const whole = `${await archive.restored(month, tenant.slug)}${await archive.restored(second, tenant.slug)}${rest}`;
    expect(await verifyOffline(whole, '--anchor', before.last_hash!)).toMatchObject({
      exit: 0,
      report: { valid: true, entries: 53, first_sequence: 1, last_sequence: 53, anchored: true },
    });
    expect(await verifyOffline(await archive.restored(month), '--archive')).toMatchObject({
      exit: 0,
      report: { entries: 35, organizations: 2 },
    });
  });

  it('then the archive has, byte by byte, the lines of an export', async () => {
    await sealEntries(api, tenant.id, month, 3);
    const lines = (await exported(tenant)).split('\n').slice(0, 3);
    await archive.run();
    expect(await archive.restored(month, tenant.slug)).toBe(`${lines.join('\n')}\n`);
  });

  it('then the next entry of an organization without entries in the database follows its last archived one', async () => {
    await sealEntries(api, tenant.id, month, 4);
    const { last_hash } = await verify(tenant);
    await archive.run();
    await writeEntries(api, tenant.id, [{ resourceId: `first after ${month}` }]);
    expect(await verify(tenant)).toMatchObject({ valid: true, entries: 1, first_sequence: 5 });
    const [next] = await api.auditOf(`first after ${month}`);
    expect(Buffer.from(next!.previousHash!).toString('base64url')).toBe(last_hash);
  });

  it('then a chain that was not sealed in the order of time verifies, whichever months are archived', async () => {
    const second = await newMonth(api);
    await sealEntries(api, tenant.id, month, 2); // 1 and 2
    await sealEntries(api, tenant.id, second, 1); // 3
    await sealEntries(api, tenant.id, month, 1); // 4, committed late
    await sealEntries(api, tenant.id, second, 1); // 5
    const { last_hash } = await verify(tenant);
    await archive.archiver.archive(month, noop);
    expect(await verify(tenant)).toMatchObject({
      valid: true,
      entries: 2,
      archived_through: { sequence: 2 },
      last_hash,
    });
    await archive.run();
    expect(await verify(tenant)).toMatchObject({
      valid: true,
      entries: 0,
      archived_through: { sequence: 5 },
      last_hash,
    });
    expect((await archive.months.verify(month)).tenants[0]!.ranges).toHaveLength(2);
    const file = path.join(api.stack.keysDir, `${second}-second.ndjson`);
    await archive.months.restore(second, file, tenant.slug);
    expect(await verifyOffline(await archive.restored(month, tenant.slug), file)).toMatchObject({
      exit: 0,
      report: { valid: true, entries: 5, last_hash },
    });
  });

  it('then a month stays in the database if it is not old enough or has an unsealed entry', async () => {
    await api.db.systemQuery(
      `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type)
       VALUES ($1, gen_random_uuid(), $2::date, 'system', 'a.b', 'c')`,
      [tenant.id, `${month}-01`],
    );
    expect(await archive.archiver.due()).not.toContain(month);
    await verify(tenant); // seals
    expect(await archive.archiver.due()).toContain(month);

    const now = api.clock.now().getTime();
    const end = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5))); // end of the month
    const dayMs = 86_400_000;
    api.clock.offsetMs = end + 90 * dayMs - 60_000 - now;
    expect(await archive.archiver.due()).not.toContain(month);
    api.clock.offsetMs += 120_000;
    expect(await archive.archiver.due()).toContain(month);
    api.clock.offsetMs = 0;
    await archive.run();
  });

  it('then a large month has several objects, and each is verified', async () => {
    archive.objects.objectBytes = 10_000;
    await sealEntries(api, tenant.id, month, 60);
    await archive.run();
    archive.objects.objectBytes = 100_000_000;
    const manifest = await archive.months.verify(month);
    expect(manifest.objects.length).toBeGreaterThan(3);
    expect(manifest.objects.reduce((sum, { rows }) => sum + rows, 0)).toBe(60);
    for (const { content_size } of manifest.objects) expect(content_size).toBeLessThan(11_000);
    expect(await archive.stored(month)).toHaveLength(manifest.objects.length + 1);
    expect(manifest.tenants).toMatchObject([
      { tenant_id: tenant.id, rows: 60, ranges: [{ first_sequence: 1, last_sequence: 60 }] },
    ]);
  });
});
