import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';

/** OWASP Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, two passes, one lane. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashing at most two at a time: it shares the thread pool with license signing, and each takes 19 MiB. */
const limit = pLimit(2);

/** The one form of a password that keyboards write in several (NIST SP 800-63B-4, section 3.1.1.2). */
export function normalised(password: string): string {
  return password.normalize('NFKC');
}

export function hashPassword(password: string): Promise<string> {
  return limit(() => hash(normalised(password), ARGON2ID));
}

@Injectable()
export class Passwords implements OnModuleInit {
  private decoy = '';

  /** Before the first request, which would otherwise take longer for an e-mail that nobody has. */
  async onModuleInit(): Promise<void> {
    this.decoy = await hashPassword('no user has this password');
  }

  /** Takes the same time whether or not there is a hash to check against, so that it does not tell which e-mails exist. */
  async matches(password: string, passwordHash: string | null): Promise<boolean> {
    const matched = await limit(() => verify(passwordHash ?? this.decoy, normalised(password)));
    return matched && passwordHash !== null;
  }
}
