import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '#platform/problems/error-code';
import { ArchiveStore } from './archive-store.js';

/** Files in a folder that only the worker's system user can read. */
export class LocalArchiveStore extends ArchiveStore {
  private readonly dir: string;

  constructor(dir: string) {
    super();
    this.dir = path.resolve(dir);
  }

  override async write(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const file = this.path(name);
    const part = `${file}.${randomUUID()}.part`;
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(part, 'wx', 0o600);
    try {
      for await (const chunk of content) await handle.writeFile(chunk);
      await handle.sync();
      await handle.close();
      await rename(part, file);
    } finally {
      await handle.close().catch(() => {});
      await rm(part, { force: true });
    }
    for (let folder = path.dirname(file); folder.startsWith(this.dir); folder = path.dirname(folder))
      await syncFolder(folder);
  }

  override read(name: string): AsyncIterable<Uint8Array> {
    return createReadStream(this.path(name));
  }

  override async list(): Promise<string[]> {
    const entries = await readdir(this.dir, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.dir, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      .toSorted();
  }

  override async delete(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  private path(name: string): string {
    const file = path.resolve(this.dir, name);
    if (!file.startsWith(`${this.dir}${path.sep}`)) throw new Error(`not the name of an archive object: ${name}`);
    return file;
  }
}

/** Flushes a folder to disk: only then does a new name in it survive a crash of the machine. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
