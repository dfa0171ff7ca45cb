/**
 * The storage of archived audit entries. Objects are written once, completely or not at all, and never changed. Names
 * are paths with slashes; no name is used twice.
 */
export abstract class ArchiveStore {
  /** Resolves once the object is stored durably. An interrupted write leaves no object of that name. */
  abstract write(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;

  /** Returns the content as it was written. Throws during the reading if the object does not exist. */
  abstract read(name: string): AsyncIterable<Uint8Array>;

  /** Returns the names of all objects, including remains of interrupted writes, sorted. */
  abstract list(): Promise<string[]>;

  /** Deletes an object. A missing one is no error. */
  abstract delete(name: string): Promise<void>;
}
