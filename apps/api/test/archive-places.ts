import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ArchiveStore } from '#modules/audit-archive/stores/archive-store';
import { GcsArchiveStore } from '#modules/audit-archive/stores/gcs-archive-store';
import { LocalArchiveStore } from '#modules/audit-archive/stores/local-archive-store';
import { GcsStub } from './gcs-stub.js';

export interface ArchivePlace {
  store: ArchiveStore;
  close(): Promise<void>;
}

async function localFolder(): Promise<ArchivePlace> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'archive-'));
  return { store: new LocalArchiveStore(dir), close: () => rm(dir, { recursive: true }) };
}

async function cloudStorage(): Promise<ArchivePlace> {
  const stub = await GcsStub.start();
  return { store: new GcsArchiveStore('coditect-audit', stub.url), close: () => stub.stop() };
}

/** All kinds of places for an archive, for `describe.each`. */
export const archivePlaces: [name: string, open: () => Promise<ArchivePlace>][] = [
  ['a local folder', localFolder],
  ['Cloud Storage', cloudStorage],
];
