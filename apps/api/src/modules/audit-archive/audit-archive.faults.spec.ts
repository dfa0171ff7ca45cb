import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { type ArchivePlace, archivePlaces } from '#test/archive-places';
import { isDropped, newMonth, sealEntries, TestArchiver } from '#test/audit-archives';
import { tamper, verifyAudit } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';
import { ArchiveDamagedError } from './months/archived-chains.js';

let api: TestApp; // one per archive, because the database records what is in it

const verify = (of: TestTenant) => verifyAudit(api, of);
const noop = () => Promise.resolve();

describe.each(archivePlaces)('given months of audit entries, %s as the archive, and a fault', (_, open) => {
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

  it('then an object that was damaged once is detected, and the month is archived again before anything is dropped', async () => {
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
    ['their end is missing', (chunk: Uint8Array) => chunk.subarray(0, -9)],
    ['they are empty', () => new Uint8Array(0)],
  ])('then nothing is dropped while objects are damaged: %s', async (__, damage) => {
    await sealEntries(api, tenant.id, month, 10);
    archive.store.damage = (name, chunk) => (name.endsWith('.gz') ? damage(chunk) : chunk);
    await expect(archive.run()).rejects.toThrow(`${month} stays in the database: object ${month}/`);
    expect(await isDropped(api, month)).toBe(false);
    expect(await verify(tenant)).toMatchObject({ valid: true, entries: 10 });
    archive.store.damage = (___, chunk) => chunk;
    expect((await archive.run())?.archived).toEqual([month]);
  });

  it('then a month with entries that were tampered with is not archived, and other months are', async () => {
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

  it('then entries that were removed before archiving are reported as missing afterwards too', async () => {
    await sealEntries(api, tenant.id, month, 5);
    await tamper(api, 'DELETE FROM audit_logs WHERE tenant_id = $1 AND sequence = 3', tenant.id);
    await archive.run();
    expect(await verify(tenant)).toMatchObject({ valid: false, broken_at: { sequence: 3, reason: 'gap' } });
  });

  it('then the next run finishes a run that was killed before any of its steps', async () => {
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

    // Only the remains of the killed runs are removed, a day later.
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
    expect(operations.filter((operation) => operation.startsWith('write'))).toEqual([]); // the objects already written are used
  });

  it('then a recorded month whose objects vanished before the verification is archived again', async () => {
    await sealEntries(api, tenant.id, month, 3);
    const lost = archive.archiver.archive(month, () => Promise.reject(new Error('the lock is lost')));
    await expect(lost).rejects.toThrow('the lock is lost');
    for (const name of await archive.stored(month)) await place.store.delete(name);
    expect((await archive.run())?.archived).toEqual([month]);
    expect((await archive.months.verify(month)).rows).toBe(3);
  });

  it('then an entry that is erased while its month is being archived is not in the archive', async () => {
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
    const lines = (await archive.restored(month, tenant.slug)).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { actor_name: unknown }).actor_name)).toEqual([
      'ada@acme.example',
      null,
      'ada@acme.example',
    ]);
  });

  it('then only one of two workers archives at a time', async () => {
    await sealEntries(api, tenant.id, month, 50);
    const second = new TestArchiver(api, place.store);
    const both = await Promise.all([archive.run(), second.run()]);
    expect(both.filter((result) => result !== undefined)).toMatchObject([{ archived: [month] }]);
    expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 50 } });
    await second.close();
  });

  it('then two processes that archive the same month regardless leave one complete archive', async () => {
    await sealEntries(api, tenant.id, month, 50);
    const second = new TestArchiver(api, place.store);
    const both = [archive.archiver, second.archiver].map((archiver) => archiver.archive(month, noop));
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toContain('fulfilled');
    expect(await isDropped(api, month)).toBe(true);
    expect((await second.months.verify(month)).rows).toBe(50);
    expect(await verify(tenant)).toMatchObject({ valid: true, archived_through: { sequence: 50 } });
    await second.close();
  });

  it('then verifying and restoring detect an archive that was damaged later, and no file is written', async () => {
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
