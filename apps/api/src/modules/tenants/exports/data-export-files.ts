import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '#config/config';

/** A complete file. `fileName` has no folder. */
export interface WrittenFile {
  fileName: string;
  sizeBytes: number;
  sha256: Buffer;
}

const UNFINISHED = '.part';

/** The files of exports, in a folder for each tenant. Only the system user of this process can read them. */
@Injectable()
export class DataExportFiles {
  private readonly dir: string;

  constructor(config: Config) {
    this.dir = path.resolve(config.exportsDir);
  }

  /** Writes a file under a temporary name, flushes it to disk and renames it. So a file with its final name is
   *  complete. Each call uses a new name. */
  async write(tenantId: string, exportId: string, content: Readable): Promise<WrittenFile> {
    const fileName = `${exportId}-${randomBytes(8).toString('hex')}.zip`;
    const final = this.pathOf(tenantId, fileName);
    const unfinished = final + UNFINISHED;
    const digest = createHash('sha256');
    let sizeBytes = 0;
    try {
      await mkdir(path.dirname(final), { recursive: true, mode: 0o700 });
      await pipeline(
        content,
        async function* measured(chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            digest.update(chunk);
            sizeBytes += chunk.length;
            yield chunk;
          }
        },
        createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }),
      );
      await rename(unfinished, final);
    } catch (error) {
      content.destroy();
      await rm(unfinished, { force: true }).catch(() => {}); // if this fails, the clean-up removes it later
      throw error;
    }
    return { fileName, sizeBytes, sha256: digest.digest() };
  }

  /** Opens a file; undefined if it does not exist. */
  async open(tenantId: string, fileName: string): Promise<FileHandle | undefined> {
    return open(this.pathOf(tenantId, fileName)).catch(unlessMissing);
  }

  /** Removes a file. A missing one is no error. */
  async remove(tenantId: string, fileName: string): Promise<void> {
    await rm(this.pathOf(tenantId, fileName), { force: true });
  }

  /** Removes the folder of a tenant. */
  async removeAllOf(tenantId: string): Promise<void> {
    await rm(path.join(this.dir, tenantId), { recursive: true, force: true });
  }

  /** Returns the ids of tenants that have files. */
  async tenants(): Promise<string[]> {
    return (await readdir(this.dir).catch(unlessMissing)) ?? [];
  }

  /** Removes the tenant's files of killed processes: those not in `keep` that were last written before `unusedSince`.
   *  @returns the number of removed files */
  async removeOthers(tenantId: string, keep: ReadonlySet<string>, unusedSince: Date): Promise<number> {
    const folder = path.join(this.dir, tenantId);
    let removed = 0;
    for (const name of (await readdir(folder).catch(unlessMissing)) ?? []) {
      const file = path.join(folder, name);
      const found = keep.has(name) ? undefined : await stat(file).catch(unlessMissing);
      if (!found || found.mtime >= unusedSince) continue;
      await rm(file, { force: true });
      removed += 1;
    }
    await rmdir(folder).catch(() => {}); // only when it is empty
    return removed;
  }

  private pathOf(tenantId: string, fileName: string): string {
    return path.join(this.dir, tenantId, fileName);
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
