/** The seed of this run, which vitest prints at its start: `.config/vitest.ts`. */
const SEED = Number(process.env['TEST_SEED']);

/** How long one test with random inputs goes on, in ms. */
export const PROOF_MS = (process.env['TEST_FULL'] ? 180 : 20) * 1000;

/** Returns the seed of the nth round of such a test. fast-check prints the seed of a round that fails. Given as
 *  TEST_SEED, it makes that round the first one. */
export function seedOf(round: number): number {
  return (SEED + round) | 0;
}
