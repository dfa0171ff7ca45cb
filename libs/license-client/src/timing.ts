/** The client's clock and timers. A test can replace them. */
export interface Timing {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** A random number: at least 0, less than 1. */
  random(): number;
  /**
   * Calls back once after `delayMs`, unless the returned function is called before.
   *
   * @param keepsAlive whether the pending call keeps the process from ending
   */
  after(delayMs: number, callback: () => void, keepsAlive: boolean): () => void;
}

/** Node fires a timer with a longer delay at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemTiming: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(delayMs, callback, keepsAlive) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
    if (!keepsAlive) timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Waits. It keeps the process alive, because a caller awaits it.
 *
 * @throws the signal's reason once it is aborted
 */
export function pause(timing: Timing, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = timing.after(
      delayMs,
      () => {
        signal.removeEventListener('abort', abort);
        resolve();
      },
      true,
    );
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

const FIRST_RETRY_MS = 1000;

/**
 * Returns the delay in ms after a number of failures in a row: exponential with full jitter, so that clients that failed
 * together do not return together. The delay is added to the wait that the server asked for.
 */
export function retryDelayMs(
  timing: Timing,
  failures: number,
  options: { retryAfterSeconds?: number | undefined; capMs: number },
): number {
  const ceiling = Math.min(options.capMs, FIRST_RETRY_MS * 2 ** (failures - 1));
  return (options.retryAfterSeconds ?? 0) * 1000 + timing.random() * ceiling;
}
