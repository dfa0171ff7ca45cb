import type { Config } from '#config/config';
import type { ArchiveStore } from './archive-store.js';
import { LocalArchiveStore } from './local-archive-store.js';

/** Opens the configured store.
 *  @throws Error in production if no place for archived entries is configured */
export async function openArchiveStore({
  auditArchive: { place },
}: Pick<Config, 'auditArchive'>): Promise<ArchiveStore> {
  if (!place)
    throw new Error(
      'the environment is not usable: AUDIT_ARCHIVE_BUCKET or AUDIT_ARCHIVE_DIR is needed in production, ' +
        'because audit entries are moved there',
    );
  if (!('bucket' in place)) return new LocalArchiveStore(place.dir);
  // Loaded only if used: Google's client takes a fifth of a worker's start-up time.
  const { GcsArchiveStore } = await import('./gcs-archive-store.js');
  return new GcsArchiveStore(place.bucket, place.apiEndpoint);
}
