import { z } from 'zod';

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB and two passes, in one lane. */
const LEAST_IN_PRODUCTION = { memoryKib: 19_456, passes: 2 } as const;

/** Variables of what a password's hash costs. argon2 itself takes no less than 8 KiB. */
export const passwordCostEnv = {
  PASSWORD_HASH_MEMORY_KIB: z.coerce.number().int().min(8).max(1_048_576).default(LEAST_IN_PRODUCTION.memoryKib),
  PASSWORD_HASH_PASSES: z.coerce.number().int().min(1).max(100).default(LEAST_IN_PRODUCTION.passes),
};

export interface PasswordCost {
  memoryKib: number;
  passes: number;
}

/** @throws Error in production for less than OWASP's minimum: whoever gets hold of the hashes could try passwords faster */
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
