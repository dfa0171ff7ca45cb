import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Waits until an expectation holds, because real processes need real time.
 * @param withinMs the bound that is promised; longer is a failure
 * @throws what the expectation threw last
 */
export async function eventually(expectation: () => Promise<unknown>, withinMs = 10_000): Promise<void> {
  for (const deadline = performance.now() + withinMs; ; await sleep(POLL_MS)) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
