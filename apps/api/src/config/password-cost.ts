import { z } from 'zod';

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB and two passes, in one lane. */
const LEAST_IN_PRODUCTION = { memoryKib: 19_456, passes: 2 } as const;

/** Environment variables for the cost of a password hash. The minimum of 8 KiB is argon2's own. */
export const passwordCostEnv = {
  PASSWORD_HASH_MEMORY_KIB: z.coerce.number().int().min(8).max(1_048_576).default(LEAST_IN_PRODUCTION.memoryKib),
  PASSWORD_HASH_PASSES: z.coerce.number().int().min(1).max(100).default(LEAST_IN_PRODUCTION.passes),
};

export interface PasswordCost {
  memoryKib: number;
  passes: number;
}

/** Returns the cost of a password hash.
 *  @throws Error in production below OWASP's minimum: a lower cost would make guessing faster if hashes leak */
export function passwordCost(env: z.infer<z.ZodObject<typeof passwordCostEnv>>, production: boolean): PasswordCost {
  const cost = { memoryKib: env.PASSWORD_HASH_MEMORY_KIB, passes: env.PASSWORD_HASH_PASSES };
  if (production && cost.memoryKib < LEAST_IN_PRODUCTION.memoryKib)
    throw new Error(
      `the environment is not usable: PASSWORD_HASH_MEMORY_KIB must be at least ${LEAST_IN_PRODUCTION.memoryKib} in production`,
    );
  if (production && cost.passes < LEAST_IN_PRODUCTION.passes)
    throw new Error(
      `the environment is not usable: PASSWORD_HASH_PASSES must be at least ${LEAST_IN_PRODUCTION.passes} in production`,
    );
  return cost;
}
