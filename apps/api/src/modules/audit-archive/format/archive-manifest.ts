import { z } from 'zod';

/** `2026-01`. */
export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month, such as 2026-01');

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const ObjectName = z.string().regex(/^\d{4}-\d{2}\/[\w-]+\/[\w.-]+$/);
const Count = z.int().min(0);

/** One gzip file of NDJSON lines, ordered by tenant and sequence. */
const ArchiveObject = z.strictObject({
  name: ObjectName,
  /** Of the object as it is stored, in hex. */
  sha256: Sha256,
  /** Of the object as it is stored, and of the lines in it, in bytes. */
  size: Count,
  content_size: Count,
  rows: Count,
  first_tenant: z.uuid(),
  last_tenant: z.uuid(),
});
export type ArchiveObject = z.infer<typeof ArchiveObject>;

/** Consecutive entries. A month of a tenant is one range, or a few: entries are chained in the order of their sealing. */
const Range = z.strictObject({
  first_sequence: z.int().positive(),
  previous_hash: z.string(),
  last_sequence: z.int().positive(),
  last_hash: z.string(),
});

const TenantChain = z.strictObject({ tenant_id: z.uuid(), rows: Count, ranges: z.array(Range) });
export type TenantChain = z.infer<typeof TenantChain>;

/** What an archived month consists of (docs/audit.md, "Archive"). */
export const ArchiveManifest = z.strictObject({
  format: z.literal(1),
  month: Month,
  created_at: z.iso.datetime(),
  rows: Count,
  objects: z.array(ArchiveObject),
  tenants: z.array(TenantChain),
});
export type ArchiveManifest = z.infer<typeof ArchiveManifest>;

/** Where a manifest lies and what it must be. */
export interface ManifestReference {
  manifest: string;
  /** In hex. */
  manifestSha256: string;
}

const RUN_FOLDER = /^\d{4}-\d{2}\/(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{8}\//;

/** What was written together lies together, and never where something was before: `2026-01/20260501T020000Z-1f0c9a3e`. */
export function runFolder(month: string, now: Date, nonce: string): string {
  return `${month}/${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${nonce}`;
}

/** When what lies in the folder was begun; undefined for what no archiver has written. */
export function runStart(name: string): Date | undefined {
  const found = RUN_FOLDER.exec(name);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** The month that what lies there belongs to. */
export function monthOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}
