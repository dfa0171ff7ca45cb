import { z } from 'zod';

/** A month in UTC, such as `2026-01`. */
export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month, such as 2026-01');

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const ObjectName = z.string().regex(/^\d{4}-\d{2}\/[\w-]+\/[\w.-]+$/);
const Count = z.int().min(0);

/** One gzip file of NDJSON lines, ordered by tenant and sequence. */
const ArchiveObject = z.strictObject({
  name: ObjectName,
  /** The SHA-256 of the stored (compressed) object, in hex. */
  sha256: Sha256,
  /** Bytes of the stored (compressed) object. */
  size: Count,
  /** Bytes of the lines in it, uncompressed. */
  content_size: Count,
  rows: Count,
  first_tenant: z.uuid(),
  last_tenant: z.uuid(),
});
export type ArchiveObject = z.infer<typeof ArchiveObject>;

/** Consecutive entries of a chain. A month of a tenant is usually one range. An entry committed late, across the end of
 *  a month, makes it more: entries are chained in the order of their sealing. */
const Range = z.strictObject({
  first_sequence: z.int().positive(),
  previous_hash: z.string(),
  last_sequence: z.int().positive(),
  last_hash: z.string(),
});

const TenantChain = z.strictObject({ tenant_id: z.uuid(), rows: Count, ranges: z.array(Range) });
export type TenantChain = z.infer<typeof TenantChain>;

/** The content of an archived month (docs/audit.md, "Archive"). */
export const ArchiveManifest = z.strictObject({
  format: z.literal(1),
  month: Month,
  created_at: z.iso.datetime(),
  rows: Count,
  objects: z.array(ArchiveObject),
  tenants: z.array(TenantChain),
});
export type ArchiveManifest = z.infer<typeof ArchiveManifest>;

/** The name of a manifest and the hash that its bytes must have. */
export interface ManifestReference {
  manifest: string;
  /** SHA-256 in hex. */
  manifestSha256: string;
}

const RUN_FOLDER = /^\d{4}-\d{2}\/(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{8}\//;

/** Returns the folder of one run, such as `2026-01/20260501T020000Z-1f0c9a3e`. The nonce makes sure that it is a new
 *  one. */
export function runFolder(month: string, now: Date, nonce: string): string {
  return `${month}/${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${nonce}`;
}

/** Returns the start of the run that wrote an object; undefined if its name is not one of the archiver's. */
export function runStart(name: string): Date | undefined {
  const found = RUN_FOLDER.exec(name);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Returns the month of an object, from its name. */
export function monthOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}
