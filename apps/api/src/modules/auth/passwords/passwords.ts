import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { Config } from '#config/config';

/** At most two hashes at a time: hashing shares the thread pool with license signing, and each takes much memory. */
const limit = pLimit(2);

/** Returns the NFKC form, because keyboards write one password in several forms (NIST SP 800-63B-4, section
 *  3.1.1.2). */
export function normalised(password: string): string {
  return password.normalize('NFKC');
}

@Injectable()
export class Passwords implements OnModuleInit {
  private decoy = '';

  constructor(private readonly config: Config) {}

  /** Makes the decoy hash before the first request, which would otherwise take longer for an unknown e-mail. */
  async onModuleInit(): Promise<void> {
    this.decoy = await this.hash('no user has this password');
  }

  /** argon2id with the configured cost, in one lane. */
  hash(password: string): Promise<string> {
    const { memoryKib, passes } = this.config.passwordCost;
    return limit(() => hash(normalised(password), { memoryCost: memoryKib, timeCost: passes, parallelism: 1 }));
  }

  /** Takes the same time with and without a hash to check against, so that it does not reveal which e-mails exist. */
  async matches(password: string, passwordHash: string | null): Promise<boolean> {
    const matched = await limit(() => verify(passwordHash ?? this.decoy, normalised(password)));
    return matched && passwordHash !== null;
  }
}
