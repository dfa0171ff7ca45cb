import type { Config } from '../../config/config.js';
import type { ArchiveStore } from './archive-store.js';
import { GcsArchiveStore } from './gcs-archive-store.js';
import { LocalArchiveStore } from './local-archive-store.js';

/** @throws Error in production if nothing is said about where archived entries lie */
export function openArchiveStore({ auditArchive: { place } }: Pick<Config, 'auditArchive'>): ArchiveStore {
  if (!place)
    throw new Error(
      'the environment is not usable: AUDIT_ARCHIVE_BUCKET or AUDIT_ARCHIVE_DIR is needed in production, ' +
        'audit entries are moved there',
    );
  return 'bucket' in place ? new GcsArchiveStore(place.bucket, place.apiEndpoint) : new LocalArchiveStore(place.dir);
}
