/**
 * Where archived audit entries lie: objects that are written once, whole or not at all, and never changed. Names are paths
 * with slashes, and no name is used twice.
 */
export abstract class ArchiveStore {
  /** Answers when the object is there for good. What breaks off leaves no object of that name. */
  abstract write(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;

  /** The content, as it was written. Throws while it is read if there is no such object. */
  abstract read(name: string): AsyncIterable<Uint8Array>;

  /** The names of all objects, and of what broken-off writes left behind. */
  abstract list(): Promise<string[]>;

  /** What is not there is no error. */
  abstract delete(name: string): Promise<void>;
}
