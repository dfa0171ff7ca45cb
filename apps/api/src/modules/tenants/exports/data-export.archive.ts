import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { SnapshotRead } from '@coditect/db/database';
import { ZipArchive } from 'archiver';
import { type TenantTable, tenantTables } from './tenant-tables.js';

const ROWS_A_PAGE = 1_000;

/** The content of the archive, with the checksums that prove it complete. */
export interface Manifest {
  format: 'coditect-tenant-export';
  format_version: 1;
  tenant_id: string;
  created_at: string;
  tables: { table: string; file: string; rows: number; sha256: string; left_out: readonly string[] }[];
}

/**
 * Returns a zip of all data of a tenant: one file of newline-delimited JSON per table, and `manifest.json`. It is made
 * page by page while it is read, so memory does not grow with the data. A failure of `read` destroys the stream.
 */
export function tenantArchive(read: SnapshotRead, tenantId: string, createdAt: Date): Readable {
  const archive = new ZipArchive({ zlib: { level: 6 } });
  archive.on('error', () => {}); // its reader gets the error; without a reader it does not matter
  void fill(archive, read, tenantId, createdAt).catch((error: unknown) =>
    archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return archive;
}

async function fill(archive: ZipArchive, read: SnapshotRead, tenantId: string, createdAt: Date): Promise<void> {
  const manifest: Manifest = {
    format: 'coditect-tenant-export',
    format_version: 1,
    tenant_id: tenantId,
    created_at: createdAt.toISOString(),
    tables: [],
  };
  for (const table of tenantTables) {
    const file = `${table.name}.ndjson`;
    const tally = { rows: 0, digest: createHash('sha256') };
    const lines = Readable.from(pagesOf(table, read, tenantId, tally), { objectMode: false });
    await append(archive, lines, { name: file, date: createdAt });
    manifest.tables.push({
      table: table.name,
      file,
      rows: tally.rows,
      sha256: tally.digest.digest('hex'),
      left_out: table.secret,
    });
  }
  archive.append(JSON.stringify(manifest, null, 2), { name: 'manifest.json', date: createdAt });
  await archive.finalize();
}

/** Appends one file and waits for its end, because all files are read from one connection.
 *  @throws the error of the source; Error if the archive was destroyed because its reader has gone */
async function append(archive: ZipArchive, source: Readable, entry: { name: string; date: Date }): Promise<void> {
  const ended = new AbortController();
  const stop = (error?: Error) => ended.abort(error ?? new Error('the archive was closed'));
  source.once('error', stop);
  archive.once('close', stop);
  try {
    const appended = once(archive, 'entry', { signal: ended.signal });
    archive.append(source, entry);
    await appended;
  } catch (error) {
    source.destroy();
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    archive.off('close', stop);
  }
}

/** Yields the rows of a table as lines, one page at a time, and counts and hashes them in `tally`. */
async function* pagesOf(
  { name, tenantColumn, key, exported }: TenantTable,
  read: SnapshotRead,
  tenantId: string,
  tally: { rows: number; digest: Hash },
): AsyncGenerator<string> {
  const columns = exported.map(quoted).join(', ');
  const order = key.map(quoted).join(', ');
  let last: Record<string, unknown> | undefined;
  for (;;) {
    const after = last ? `AND (${order}) > (${key.map((_, i) => `$${i + 2}`).join(', ')})` : '';
    const rows = await read(
      `SELECT ${columns} FROM ${quoted(name)} WHERE ${tenantColumn} = $1 ${after} ORDER BY ${order} LIMIT ${ROWS_A_PAGE}`,
      [tenantId, ...(last ? key.map((column) => last?.[column]) : [])],
    );
    if (rows.length > 0) {
      const lines = rows.map(lineOf).join('');
      tally.rows += rows.length;
      tally.digest.update(lines);
      yield lines;
    }
    if (rows.length < ROWS_A_PAGE) return;
    last = rows.at(-1);
  }
}

/** Formats a row as a line of JSON: times in RFC 3339 and UTC, bytes in hex, a bigint as text, because JSON parsers may
 *  round large numbers. */
function lineOf(row: Record<string, unknown>): string {
  const values = Object.entries(row).map(([column, value]) => [
    column,
    Buffer.isBuffer(value) ? value.toString('hex') : value,
  ]);
  return `${JSON.stringify(Object.fromEntries(values))}\n`;
}

function quoted(identifier: string): string {
  return `"${identifier}"`;
}
