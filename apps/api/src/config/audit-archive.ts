import { z } from 'zod';

/** Environment variables of the audit archive. */
export const auditArchiveEnv = {
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
  AUDIT_ARCHIVE_DIR: z.string().min(1).optional(),
  AUDIT_ARCHIVE_BUCKET: z.string().min(3).max(222).optional(),
  GCS_API_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
};

/** Where archived months are stored. `apiEndpoint` is the URL of a stand-in for Cloud Storage, which needs no
 *  credentials. */
export type ArchivePlace = { dir: string } | { bucket: string; apiEndpoint?: string };

export interface AuditArchiveSettings {
  /** How long entries stay in the database after the end of their month. */
  retentionDays: number;
  /** Undefined in production if no variable is set: without a default, archived entries cannot end up in a container's
   *  file system. */
  place: ArchivePlace | undefined;
}

export function auditArchiveSettings(
  env: z.infer<z.ZodObject<typeof auditArchiveEnv>>,
  production: boolean,
): AuditArchiveSettings {
  const { AUDIT_RETENTION_DAYS, AUDIT_ARCHIVE_BUCKET, AUDIT_ARCHIVE_DIR, GCS_API_ENDPOINT } = env;
  const dir = AUDIT_ARCHIVE_DIR ?? (production ? undefined : '.data/archive');
  return {
    retentionDays: AUDIT_RETENTION_DAYS,
    place: AUDIT_ARCHIVE_BUCKET
      ? { bucket: AUDIT_ARCHIVE_BUCKET, ...(GCS_API_ENDPOINT && { apiEndpoint: GCS_API_ENDPOINT }) }
      : dir === undefined
        ? undefined
        : { dir },
  };
}
