import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AuditVerification } from '@coditect/contracts/audit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '../../../test/app.js';
import { type ArchivePlace, archivePlaces } from '../../../test/archive-places.js';
import { isDropped, newMonth, sealEntries, TestArchiver } from '../../../test/audit-archives.js';
import { writeEntries } from '../../../test/audit-entries.js';
import type { TestTenant } from '../../../test/factory.js';
import { verifyOffline } from '../../../test/offline-audit.js';

let api: TestApp; // of each archive: the database knows what is in it

const verify = async ({ owner }: TestTenant) => {
  const { body } = await api.get('audit-logs/verify', owner.accessToken).expect(200);
  return AuditVerification.strict().parse(body);
};
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
    archive.store.before = () => {};
    archive.store.damage = (__, chunk) => chunk;
    archive.objects.objectBytes = 100_000_000;
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

  const restored = async (of: string, slug?: string) => {
    const file = path.join(api.stack.keysDir, `${of}-${slug}.ndjson`);
    await archive.months.restore(of, file, slug);
    return readFile(file, 'utf8');
  };

  it('then old months leave the database, and the chain goes on where they ended, by the endpoint and offline', async () => {
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
    const rest = await exported(tenant); // with the entry that tells of the export
    expect(await verifyOffline(rest)).toMatchObject({ exit: 1, report: { broken_at: { sequence: 1, reason: 'gap' } } });
    expect(await verifyOffline(rest, '--after', `${sequence}:${hash}`)).toMatchObject({
      exit: 0,
      report: { valid: true, first_sequence: 51, last_sequence: 53 },
    });
    const whole = `${await restored(month, tenant.slug)}${await restored(second, tenant.slug)}${rest}`;
    expect(await verifyOffline(whole, '--anchor', before.last_hash!)).toMatchObject({
      exit: 0,
      report: { valid: true, entries: 53, first_sequence: 1, last_sequence: 53, anchored: true },
    });
    expect(await verifyOffline(await restored(month), '--archive')).toMatchObject({
      exit: 0,
      report: { entries: 35, organizations: 2 },
    });
  });

  it('then what was archived is, byte by byte, what the export said', async () => {
    await sealEntries(api, tenant.id, month, 3);
    const lines = (await exported(tenant)).split('\n').slice(0, 3);
    await archive.run();
    expect(await restored(month, tenant.slug)).toBe(`${lines.join('\n')}\n`);
  });

  it('then the next entry of an organization of which none is left follows the last archived one', async () => {
    await sealEntries(api, tenant.id, month, 4);
    const { last_hash } = await verify(tenant);
    await archive.run();
    await writeEntries(api, tenant.id, [{ resourceId: `first after ${month}` }]);
    expect(await verify(tenant)).toMatchObject({ valid: true, entries: 1, first_sequence: 5 });
    const [next] = await api.auditOf(`first after ${month}`);
    expect(Buffer.from(next!.previousHash!).toString('base64url')).toBe(last_hash);
  });

  it('then a chain that was not sealed in the order of time verifies whatever months are gone', async () => {
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
    expect(await verifyOffline(await restored(month, tenant.slug), file)).toMatchObject({
      exit: 0,
      report: { valid: true, entries: 5, last_hash },
    });
  });

  it('then a month stays that is not old enough, or has an entry that is not sealed', async () => {
    await api.db.systemQuery(
      `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type)
       VALUES ($1, gen_random_uuid(), $2::date, 'system', 'a.b', 'c')`,
      [tenant.id, `${month}-01`],
    );
    expect(await archive.archiver.due()).not.toContain(month);
    await verify(tenant); // seals
    expect(await archive.archiver.due()).toContain(month);

    const now = api.clock.now().getTime();
    const end = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5))); // of the month
    const dayMs = 86_400_000;
    api.clock.offsetMs = end + 90 * dayMs - 60_000 - now;
    expect(await archive.archiver.due()).not.toContain(month);
    api.clock.offsetMs += 120_000;
    expect(await archive.archiver.due()).toContain(month);
    api.clock.offsetMs = 0;
    await archive.run();
  });

  it('then a month is as many objects as it takes, and each is verified', async () => {
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
<<<<<<< HEAD

  it('then an object that is damaged once is found, and the month archived anew before anything is dropped', async () => {
    await sealEntries(api, tenant.id, month, 10);
    let damaged: string | undefined;
    archive.store.damage = (name, chunk) => {
      if (!name.endsWith('.gz') || (damaged ??= name) !== name) return chunk;
      const copy = Buffer.from(chunk);
      copy[copy.length >> 1]! ^= 1;
      return copy;
    };
    expect((await archive.run())?.archived).toEqual([month]);
    archive.store.damage = (__, chunk) => chunk;
    expect((await archive.months.verify(month)).objects[0]!.name).not.toBe(damaged);
    expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 10 } });
  });

  it.each([
    ['bytes are changed', (chunk: Uint8Array) => Buffer.from(chunk).fill(7, 40, 44)],
    ['its end is missing', (chunk: Uint8Array) => chunk.subarray(0, -9)],
    ['there is nothing in it', () => new Uint8Array(0)],
  ])('then nothing is dropped when objects stay damaged: %s', async (__, damage) => {
    await sealEntries(api, tenant.id, month, 10);
    archive.store.damage = (name, chunk) => (name.endsWith('.gz') ? damage(chunk) : chunk);
    await expect(archive.run()).rejects.toThrow(`${month} stays in the database: object ${month}/`);
    expect(await isDropped(api, month)).toBe(false);
    expect(await verify(tenant)).toMatchObject({ valid: true, entries: 10 });
    archive.store.damage = (___, chunk) => chunk;
    expect((await archive.run())?.archived).toEqual([month]);
  });

  it('then entries that were tampered with are not archived, and other months are', async () => {
    const second = await newMonth(api);
    await sealEntries(api, tenant.id, month, 5);
    await sealEntries(api, tenant.id, second, 5);
    const at = 'WHERE tenant_id = $1 AND sequence = 3';
    await tamper(api, `UPDATE audit_logs SET action = 'x' ${at}`, tenant.id);
    await expect(archive.run()).rejects.toThrow(
      `${month} stays in the database: entry 3 of tenant ${tenant.id}: hash_mismatch`,
    );
    expect([await isDropped(api, month), await isDropped(api, second)]).toEqual([false, true]);
    expect(await verify(tenant)).toMatchObject({ valid: false, broken_at: { sequence: 3, reason: 'hash_mismatch' } });
    await tamper(api, `UPDATE audit_logs SET action = 'thing.changed' ${at}`, tenant.id);
    expect((await archive.run())?.archived).toEqual([month]);
    expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 10 } });
  });

  it('then entries that were removed before they were archived are missed after it as well', async () => {
    await sealEntries(api, tenant.id, month, 5);
    await tamper(api, 'DELETE FROM audit_logs WHERE tenant_id = $1 AND sequence = 3', tenant.id);
    await archive.run();
    expect(await verify(tenant)).toMatchObject({ valid: false, broken_at: { sequence: 3, reason: 'gap' } });
  });

  it('then what is killed before any of its steps is finished by the next run', async () => {
    archive.objects.objectBytes = 2_000;
    await sealEntries(api, tenant.id, month, 8);
    const { last_hash } = await verify(tenant);
    let killed = 0;
    for (let step = 1; ; step += 1) {
      let steps = 0;
      archive.store.before = () => {
        steps += 1;
        if (steps === step) throw new Error(`killed before step ${step}`);
      };
      const end = await archive.run().catch((error: unknown) => String(error));
      expect(await verify(tenant)).toMatchObject({ valid: true, last_sequence: 8, last_hash });
      if (typeof end === 'object') break;
      killed += 1;
    }
    archive.store.before = () => {};
    archive.objects.objectBytes = 100_000_000;
    expect(killed).toBeGreaterThan(5);
    expect(await isDropped(api, month)).toBe(true);
    expect((await archive.months.verify(month)).rows).toBe(8);

    // What the killed runs left is removed a day later, and nothing else.
    const kept = (await archive.months.verify(month)).objects.length + 1;
    expect((await archive.stored(month)).length).toBeGreaterThan(kept);
    api.clock.offsetMs = 86_400_000 + 60_000;
    expect((await archive.run())?.strays).toBeGreaterThan(0);
    api.clock.offsetMs = 0;
    expect(await archive.stored(month)).toHaveLength(kept);
    await archive.months.verify(month);
  });

  it('then a run that has lost its lock drops nothing', async () => {
    await sealEntries(api, tenant.id, month, 3);
    const lost = archive.archiver.archive(month, () => Promise.reject(new Error('the lock is lost')));
    await expect(lost).rejects.toThrow('the lock is lost');
    expect(await isDropped(api, month)).toBe(false);
    const { operations } = archive.store;
    operations.length = 0;
    expect((await archive.run())?.archived).toEqual([month]);
    expect(operations.filter((operation) => operation.startsWith('write'))).toEqual([]); // what was written is used
  });

  it('then what was recorded and has gone from the archive before it was verified is archived anew', async () => {
    await sealEntries(api, tenant.id, month, 3);
    const lost = archive.archiver.archive(month, () => Promise.reject(new Error('the lock is lost')));
    await expect(lost).rejects.toThrow('the lock is lost');
    for (const name of await archive.stored(month)) await place.store.delete(name);
    expect((await archive.run())?.archived).toEqual([month]);
    expect((await archive.months.verify(month)).rows).toBe(3);
  });

  it('then an entry that is erased while its month is archived is not in the archive', async () => {
    await sealEntries(api, tenant.id, month, 3);
    let erased = false;
    archive.store.before = async (operation, name) => {
      if (erased || operation !== 'read' || !name.endsWith('.gz')) return;
      erased = true;
      await api.db.systemQuery(
        `UPDATE audit_logs SET actor_name = NULL, ip = NULL, user_agent = NULL, actor_salt = NULL, erased_at = now()
         WHERE tenant_id = $1 AND sequence = 2`,
        [tenant.id],
      );
    };
    expect((await archive.run())?.archived).toEqual([month]);
    archive.store.before = () => {};
    const lines = (await restored(month, tenant.slug)).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { actor_name: unknown }).actor_name)).toEqual([
      'ada@acme.example',
      null,
      'ada@acme.example',
    ]);
  });

  it('then of two workers at once one does it, and the other leaves it', async () => {
    await sealEntries(api, tenant.id, month, 50);
    const second = new TestArchiver(api, place.store);
    const both = await Promise.all([archive.run(), second.run()]);
    expect(both.filter((result) => result !== undefined)).toMatchObject([{ archived: [month] }]);
    expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 50 } });
    await second.close();
  });

  it('then two that do the same month all the same leave one archive, whole', async () => {
    await sealEntries(api, tenant.id, month, 50);
    const second = new TestArchiver(api, place.store);
    const both = [archive.archiver, second.archiver].map((archiver) => archiver.archive(month, noop));
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toContain('fulfilled');
    expect(await isDropped(api, month)).toBe(true);
    expect((await second.months.verify(month)).rows).toBe(50);
    expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 50 } });
    await second.close();
  });

  it('then an archive that was damaged later is found by whoever verifies or restores it, and no file is written', async () => {
    await sealEntries(api, tenant.id, month, 10);
    await archive.run();
    archive.store.damage = (name, chunk) => (name.endsWith('.gz') ? Buffer.from(chunk).fill(7, 40, 44) : chunk);
    const file = path.join(api.stack.keysDir, 'damaged.ndjson');
    await expect(archive.months.verify(month)).rejects.toThrow(ArchiveDamagedError);
    await expect(archive.months.restore(month, file)).rejects.toThrow(ArchiveDamagedError);
    archive.store.damage = (name, chunk) => (name.endsWith('.json') ? Buffer.from(chunk).fill(32, 0, 1) : chunk);
    await expect(archive.months.verify(month)).rejects.toThrow('it is not the manifest that was recorded');
    archive.store.damage = (__, chunk) => chunk;
    for (const name of [file, `${file}.part`]) await expect(stat(name)).rejects.toThrow('ENOENT');
    await tamper(api, 'UPDATE audit_chain_cuts SET last_hash = sha256($2) WHERE tenant_id = $1', tenant.id, 'x');
    await expect(archive.months.verify(month)).rejects.toThrow('the database says that the chains go on elsewhere');
  });
});

describe('given Cloud Storage that fails', () => {
  let stub: GcsStub;
  let archive: TestArchiver;
  beforeAll(async () => {
    [api, stub] = await Promise.all([TestApp.start(), GcsStub.start()]);
    archive = new TestArchiver(api, new GcsArchiveStore('coditect-audit', stub.url));
  });
  afterAll(async () => {
    await archive.close();
    await stub.stop();
    await api.stop();
  });

  it.each([
    ['refuses an upload', 'POST', '.gz', 'refuse'],
    ['breaks off an upload', 'POST', '.gz', 'break-off'],
    ['refuses the manifest', 'POST', '.json', 'refuse'],
    ['breaks off a download', 'GET', '.gz', 'break-off'],
  ] as const)(
    'when it %s, then nothing is dropped, and the next run archives',
    async (_, method, end, fault) => {
      const [tenant, month] = [await api.factory.tenant(), await newMonth(api)];
      await sealEntries(api, tenant.id, month, 10);
      stub.fault = (called, name) => (called === method && name.endsWith(end) ? fault : undefined);
      await expect(archive.run()).rejects.toThrow(`${month} stays in the database`);
      expect(await isDropped(api, month)).toBe(false);
      expect(await verify(tenant)).toMatchObject({ valid: true, entries: 10 });
      stub.fault = () => undefined;
      expect((await archive.run())?.archived).toEqual([month]);
      expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 10 } });
    },
    60_000,
  );

  it('then an object is never written over', async () => {
    const store = new GcsArchiveStore('coditect-audit', stub.url);
    const content = async function* content() {
      yield Buffer.from('x');
    };
    await store.write('2001-01/x/y.json', content());
    await expect(store.write('2001-01/x/y.json', content())).rejects.toThrow('conditionNotMet');
  });
});

describe('given a local folder', () => {
  it('then only its user can read it, and no name leads out of it', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'archive-'));
    const store = new LocalArchiveStore(path.join(dir, 'archive'));
    expect(await store.list()).toEqual([]);
    const content = async function* content() {
      yield Buffer.from('x');
    };
    await store.write('2001-01/run/a.json', content());
    const mode = async (name: string) => ((await stat(path.join(dir, 'archive', name))).mode & 0o777).toString(8);
    expect([await mode(''), await mode('2001-01/run'), await mode('2001-01/run/a.json')]).toEqual([
      '700',
      '700',
      '600',
    ]);
    await expect(store.write('../a.json', content())).rejects.toThrow('no name of an archive object');
    const broken = async function* broken() {
      yield Buffer.from('x');
      throw new Error('broken off');
    };
    await expect(store.write('2001-01/run/b.json', broken())).rejects.toThrow('broken off');
    expect(await store.list()).toEqual(['2001-01/run/a.json']);
    await appendFile(path.join(dir, 'archive/2001-01/run/c.json.1.part'), 'x'); // of a process that was killed
    expect(await store.list()).toEqual(['2001-01/run/a.json', '2001-01/run/c.json.1.part']);
    await rm(dir, { recursive: true });
  });
=======
>>>>>>> archive
});
