import { hash } from '@node-rs/argon2';
import { normalised } from '#modules/auth/passwords/passwords';

/** Returns a hash for a test's row at the least cost, because checking a password takes as long as making its hash. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalised(password), { memoryCost: 8, timeCost: 1, parallelism: 1 });
}
