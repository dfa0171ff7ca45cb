import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, two passes, one lane. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashing at most two at a time: it shares the thread pool with license signing, and each takes 19 MiB. */
const limit = pLimit(2);

export function hashPassword(password: string): Promise<string> {
  return limit(() => hash(password, ARGON2ID));
}

@Injectable()
export class Passwords {
  private decoy: Promise<string> | undefined;

  /** Takes the same time whether or not there is a hash to check against, so that it does not tell which e-mails exist. */
  async matches(password: string, passwordHash: string | null): Promise<boolean> {
    this.decoy ??= hashPassword('no user has this password');
    const against = passwordHash ?? (await this.decoy);
    const matched = await limit(() => verify(against, password));
    return matched && passwordHash !== null;
  }
}
