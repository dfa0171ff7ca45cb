import { pipeline } from 'node:stream/promises';
import { type Bucket, Storage } from '@google-cloud/storage';
import { ArchiveStore } from './archive-store.js';

const TRIES = 3;

/** Objects in a bucket of Google Cloud Storage. Credentials come from the environment (Workload Identity). */
export class GcsArchiveStore extends ArchiveStore {
  private readonly bucket: Bucket;

  /** @param apiEndpoint of a stand-in for Cloud Storage, which needs no credentials */
  constructor(bucket: string, apiEndpoint?: string) {
    super();
    const standIn = apiEndpoint === undefined ? {} : { apiEndpoint, projectId: 'local' };
    this.bucket = new Storage({ ...standIn, retryOptions: { maxRetries: TRIES } }).bucket(bucket);
  }

  override async write(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const upload = this.bucket.file(name).createWriteStream({
      // A single request: an interrupted upload leaves no object. The client compares the server's checksum with its
      // own.
      resumable: false,
      validation: 'crc32c',
      preconditionOpts: { ifGenerationMatch: 0 },
      contentType: name.endsWith('.json') ? 'application/json' : 'application/gzip',
    });
    await pipeline(content, upload);
  }

  override read(name: string): AsyncIterable<Uint8Array> {
    return this.bucket.file(name).createReadStream({ validation: 'crc32c', decompress: false });
  }

  override async list(): Promise<string[]> {
    const [files] = await this.bucket.getFiles();
    return files.map(({ name }) => name).toSorted();
  }

  override async delete(name: string): Promise<void> {
    await this.bucket.file(name).delete({ ignoreNotFound: true });
  }
}
