import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { isDropped, newMonth, sealEntries, TestArchiver } from '#test/audit-archives';
import { LocalArchiveStore } from './stores/local-archive-store.js';

/** `npm test` archives fewer, which still are far larger than the memory that they may take. */
const COUNT = process.env['TEST_FULL'] ? 100_000 : 40_000;
const CONTENT_MIB = (60 * COUNT) / 100_000;
const CHUNKS = (500 * COUNT) / 100_000;
const MIB = 2 ** 20;

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

/** Memory in use after a garbage collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

it('given tens of thousands of entries in a month, when they are archived, then memory does not grow with them', async () => {
  const [{ id, slug }, month] = [await api.factory.tenant(), await newMonth(api)];
  await sealEntries(api, id, month, COUNT);
  const before = heapUsed();
  let [most, rss, chunks] = [0, process.memoryUsage.rss(), 0];
  const rssBefore = rss;
  const watch = () => {
    chunks += 1;
    rss = Math.max(rss, process.memoryUsage.rss());
    if (chunks % 50 === 0) most = Math.max(most, heapUsed() - before);
  };
  archive.store.damage = (_, chunk) => {
    watch();
    return chunk;
  };
  archive.store.content = watch;
  expect((await archive.run())?.archived).toEqual([month]);
  const file = path.join(dir, 'restored.ndjson');
  await archive.months.restore(month, file, slug);
  expect(await isDropped(api, month)).toBe(true);
  const { rows, objects } = await archive.months.verify(month);
  expect(rows).toBe(COUNT);
  // Together, the lines are several times larger than the allowed growth of memory.
  expect(objects.reduce((sum, { content_size }) => sum + content_size, 0) / MIB).toBeGreaterThan(CONTENT_MIB);
  expect(chunks).toBeGreaterThan(CHUNKS);
  expect(most / MIB).toBeLessThan(15);
  expect((rss - rssBefore) / MIB).toBeLessThan(120);
}, 180_000);
