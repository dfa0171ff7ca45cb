import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Waits until an expectation holds, because real processes need real time.
 * @param withinMs the promised bound; exceeding it is a failure
 * @throws the last error of the expectation
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
