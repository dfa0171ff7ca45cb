import type { Config } from '#config/config';
import type { ArchiveStore } from './archive-store.js';
import { LocalArchiveStore } from './local-archive-store.js';

/** @throws Error in production if nothing is said about where archived entries lie */
export async function openArchiveStore({
  auditArchive: { place },
}: Pick<Config, 'auditArchive'>): Promise<ArchiveStore> {
  if (!place)
    throw new Error(
      'the environment is not usable: AUDIT_ARCHIVE_BUCKET or AUDIT_ARCHIVE_DIR is needed in production, ' +
        'audit entries are moved there',
    );
  if (!('bucket' in place)) return new LocalArchiveStore(place.dir);
  // Google's client is loaded where it is used: it makes up a fifth of the time in which a worker starts.
  const { GcsArchiveStore } = await import('./gcs-archive-store.js');
  return new GcsArchiveStore(place.bucket, place.apiEndpoint);
}
