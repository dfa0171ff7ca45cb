import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { MalformedEntryError, parseEntry } from '@coditect/audit-chain/entry-line';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import { keysOf } from '#platform/keys-of';
import { errorCode } from '#platform/problems/error-code';
import type { ArchiveObject } from './archive-manifest.js';
import { ArchiveStore } from '../stores/archive-store.js';
import { ArchiveDamagedError } from './archived-chains.js';

const OBJECT_BYTES = 100_000_000;
const CHUNK_BYTES = 64 * 1024;
const NOT_FOUND = 404;

/** Writes and reads audit entries as gzip files of NDJSON lines, in constant memory. */
@Injectable()
export class ArchiveObjects {
  /** Bytes of lines (uncompressed) after which the next object begins. Only tests lower it. */
  objectBytes = OBJECT_BYTES;

  constructor(private readonly store: ArchiveStore) {}

  /** Writes entries, ordered by tenant and sequence, as objects `FOLDER/000001.ndjson.gz` and so on.
   *  @param first number of the first object */
  async write(folder: string, entries: AsyncIterable<SealedEntry>, first = 1): Promise<ArchiveObject[]> {
    const objects: ArchiveObject[] = [];
    const source = entries[Symbol.asyncIterator]();
    try {
      for (let next = await source.next(); !next.done;) {
        const number = String(first + objects.length).padStart(6, '0');
        const { object, then } = await this.writeOne(`${folder}/${number}.ndjson.gz`, next.value, source);
        objects.push(object);
        next = then;
      }
    } finally {
      await source.return?.(undefined);
    }
    return objects;
  }

  /** Yields the entries of an object. Size and hash are compared with the manifest only at the end, so entries must
   *  have no effect before the generator has returned.
   *  @throws ArchiveDamagedError if the object is missing, unreadable or not the one that the manifest states */
  async *read(object: ArchiveObject): AsyncGenerator<SealedEntry> {
    const { name } = object;
    const found = { sha256: createHash('sha256'), size: 0, content_size: 0, rows: 0 };
    const gunzip = createGunzip();
    const stored = measured(this.stored(name), (chunk) => {
      found.sha256.update(chunk);
      found.size += chunk.length;
    });
    const feeding = pipeline(stored, gunzip);
    feeding.catch(() => {}); // the loop below throws the error
    try {
      for await (const line of linesOf(gunzip, (bytes) => (found.content_size += bytes))) {
        found.rows += 1;
        yield parseEntry(line);
      }
      await feeding;
    } catch (error) {
      const damaged = error instanceof MalformedEntryError || String(errorCode(error)).startsWith('Z_');
      if (!damaged || !(error instanceof Error)) throw error;
      throw new ArchiveDamagedError(`object ${name}: ${error.message}`, { cause: error });
    }
    const read = { ...found, sha256: found.sha256.digest('hex') };
    for (const what of keysOf(read))
      if (read[what] !== object[what])
        throw new ArchiveDamagedError(`object ${name}: its ${what} is not that of the manifest`);
  }

  /** Yields the bytes of an object or a manifest.
   *  @throws ArchiveDamagedError if it is missing */
  async *stored(name: string): AsyncGenerator<Uint8Array> {
    try {
      yield* this.store.read(name);
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'ENOENT' && code !== NOT_FOUND) throw error;
      throw new ArchiveDamagedError(`object ${name} is missing`, { cause: error });
    }
  }

  private async writeOne(name: string, first: SealedEntry, source: AsyncIterator<SealedEntry>) {
    const object = {
      name,
      sha256: '',
      size: 0,
      content_size: 0,
      rows: 0,
      first_tenant: first.tenant_id,
      last_tenant: first.tenant_id,
    };
    const limit = this.objectBytes;
    let next: IteratorResult<SealedEntry> = { done: false, value: first };
    async function* chunks(): AsyncGenerator<Buffer> {
      let lines = '';
      for (let written = 0; !next.done && written + lines.length < limit; next = await source.next()) {
        lines += `${JSON.stringify(next.value)}\n`;
        object.rows += 1;
        object.last_tenant = next.value.tenant_id;
        if (lines.length < CHUNK_BYTES) continue;
        const chunk = Buffer.from(lines);
        lines = '';
        written += chunk.length;
        object.content_size += chunk.length;
        yield chunk;
      }
      object.content_size += Buffer.byteLength(lines);
      yield Buffer.from(lines);
    }
    const sha256 = createHash('sha256');
    const gzip = createGzip();
    const feeding = pipeline(chunks(), gzip);
    feeding.catch(() => {}); // the reader of gzip gets the error
    const compressed = measured(gzip, (chunk) => {
      sha256.update(chunk);
      object.size += chunk.length;
    });
    await this.store.write(name, compressed);
    await feeding;
    object.sha256 = sha256.digest('hex');
    return { object, then: next };
  }
}

/** Passes chunks on, and calls `measure` with each. */
async function* measured(
  content: AsyncIterable<Uint8Array>,
  measure: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    measure(chunk);
    yield chunk;
  }
}

/** Splits UTF-8 bytes into lines.
 *  @throws MalformedEntryError if the last line has no line break */
async function* linesOf(content: Readable, count: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of content as AsyncIterable<Buffer>) {
    count(chunk.length);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') throw new MalformedEntryError('its last line is incomplete');
}
