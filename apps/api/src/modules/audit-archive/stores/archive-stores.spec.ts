import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { isDropped, newMonth, sealEntries, TestArchiver } from '#test/audit-archives';
import { verifyAudit } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';
import { GcsStub } from '#test/gcs-stub';
import { GcsArchiveStore } from './gcs-archive-store.js';
import { LocalArchiveStore } from './local-archive-store.js';

let api: TestApp;

const verify = (of: TestTenant) => verifyAudit(api, of);

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

  it('then an object is never overwritten', async () => {
    const store = new GcsArchiveStore('coditect-audit', stub.url);
    const content = async function* content() {
      yield Buffer.from('x');
    };
    await store.write('2001-01/x/y.json', content());
    await expect(store.write('2001-01/x/y.json', content())).rejects.toThrow('conditionNotMet');
  });
});

describe('given a local folder', () => {
  it('then only its owner can read the files, and no name leads out of the folder', async () => {
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
    await expect(store.write('../a.json', content())).rejects.toThrow('not the name of an archive object');
    const broken = async function* broken() {
      yield Buffer.from('x');
      throw new Error('broken off');
    };
    await expect(store.write('2001-01/run/b.json', broken())).rejects.toThrow('broken off');
    expect(await store.list()).toEqual(['2001-01/run/a.json']);
    await appendFile(path.join(dir, 'archive/2001-01/run/c.json.1.part'), 'x'); // left by a killed process
    expect(await store.list()).toEqual(['2001-01/run/a.json', '2001-01/run/c.json.1.part']);
    await rm(dir, { recursive: true });
  });
});
