import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Config } from '#config/config';

const FiledMail = z.object({ to: z.string(), subject: z.string(), text: z.string(), date: z.iso.datetime() });
/** A mail that was written to MAIL_DIR instead of being sent. */
export type FiledMail = z.infer<typeof FiledMail>;

/** The mails of development. Each has an .eml file with the whole message, and a .json file with the parts that a list
 *  shows. */
@Injectable()
export class MailFiles {
  private readonly dir: string;

  constructor(config: Config) {
    this.dir = config.mail.dir;
  }

  /** Writes both files of a mail.
   *  @param id of the outbox message: a second attempt overwrites the files of the first */
  async write(id: string, message: Buffer | Readable, mail: FiledMail): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    await writeFile(path.join(this.dir, `${id}.eml`), message, { mode: 0o600 });
    await writeFile(path.join(this.dir, `${id}.json`), JSON.stringify(mail), { mode: 0o600 });
  }

  /** Returns the newest mails, newest first. File names are UUIDv7 ids, so they sort by time. */
  async newest(count: number): Promise<FiledMail[]> {
    const names = await readdir(this.dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []; // nothing has been written yet
      throw error;
    });
    const files = names.filter((name) => name.endsWith('.json')).toSorted();
    const texts = await Promise.all(files.slice(-count).map((name) => readFile(path.join(this.dir, name), 'utf8')));
    return texts.flatMap((text) => parsed(text) ?? []).toReversed();
  }
}

/** Returns undefined for a file that is still being written. */
function parsed(text: string): FiledMail | undefined {
  try {
    return FiledMail.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
