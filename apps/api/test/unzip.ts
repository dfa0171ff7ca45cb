import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';

/** Returns the files of a zip, by name, in the order of the zip. */
export async function unzip(zip: Buffer): Promise<Map<string, string>> {
  const file = await fromBufferPromise(zip, { strictFileNames: true });
  const files = new Map<string, string>();
  for await (const entry of file.eachEntry()) {
    const content = await buffer(await file.openReadStreamPromise(entry));
    if (content.length !== entry.uncompressedSize) throw new Error(`${entry.fileName} is cut off`);
    files.set(entry.fileName, content.toString('utf8'));
  }
  return files;
}
