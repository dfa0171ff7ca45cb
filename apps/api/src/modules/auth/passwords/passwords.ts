import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { Config } from '#config/config';

/** Hashing at most two at a time: it shares the thread pool with license signing, and each takes the memory of its cost. */
const limit = pLimit(2);

/** The one form of a password that keyboards write in several (NIST SP 800-63B-4, section 3.1.1.2). */
export function normalised(password: string): string {
  return password.normalize('NFKC');
}

@Injectable()
export class Passwords implements OnModuleInit {
  private decoy = '';

  constructor(private readonly config: Config) {}

  /** Before the first request, which would otherwise take longer for an e-mail that nobody has. */
  async onModuleInit(): Promise<void> {
    this.decoy = await this.hash('no user has this password');
  }

  /** argon2id, the library's default, in one lane. */
  hash(password: string): Promise<string> {
    const { memoryKib, passes } = this.config.passwordCost;
    return limit(() => hash(normalised(password), { memoryCost: memoryKib, timeCost: passes, parallelism: 1 }));
  }

  /** Takes the same time whether or not there is a hash to check against, so that it does not tell which e-mails exist. */
  async matches(password: string, passwordHash: string | null): Promise<boolean> {
    const matched = await limit(() => verify(passwordHash ?? this.decoy, normalised(password)));
    return matched && passwordHash !== null;
  }
}
