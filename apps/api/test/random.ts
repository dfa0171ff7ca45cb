/** The seed of this run, which vitest prints at its start: `.config/vitest.ts`. */
const SEED = Number(process.env['TEST_SEED']);

/** How long one random proof goes on, in ms. */
export const PROOF_MS = (process.env['TEST_FULL'] ? 180 : 20) * 1000;

/** The seed of the nth round of a proof. fast-check prints it when the round fails: as TEST_SEED it makes that round the first. */
export function seedOf(round: number): number {
  return (SEED + round) | 0;
}
