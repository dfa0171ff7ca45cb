import { z } from 'zod';

/** Variables of the archive of audit entries. */
export const auditArchiveEnv = {
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
  AUDIT_ARCHIVE_DIR: z.string().min(1).optional(),
  AUDIT_ARCHIVE_BUCKET: z.string().min(3).max(222).optional(),
  GCS_API_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
};

/** Where archived months lie. `apiEndpoint` is of something that stands in for Cloud Storage, and asks for no credentials. */
export type ArchivePlace = { dir: string } | { bucket: string; apiEndpoint?: string };

export interface AuditArchiveSettings {
  /** How long entries stay in the database after the end of their month. */
  retentionDays: number;
  /** Undefined in production if nothing is set: what is dropped from the database must not lie in a container. */
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
