import { hash } from '@node-rs/argon2';
import { normalised } from '#modules/auth/passwords/passwords';

/** A hash for a row that a test makes, at the least cost there is: checking a password takes as long as its hash did. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalised(password), { memoryCost: 8, timeCost: 1, parallelism: 1 });
}
