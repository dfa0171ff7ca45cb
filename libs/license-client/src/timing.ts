/** Time as the client sees it; replaceable, so that a test can move it. */
export interface Timing {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /**
   * Calls back once after `delayMs`, unless the returned function was called before.
   *
   * @param keepsAlive whether the pending call keeps the process from ending
   */
  after(delayMs: number, callback: () => void, keepsAlive: boolean): () => void;
}

/** Node fires a longer delay at once. */
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
 * Waits for a caller who is waiting himself, hence keeps the process alive.
 *
 * @throws the signal's reason, once it is aborted
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
 * How long (ms) to wait after the given number of failures in a row: exponential with full jitter, so that clients that
 * failed together do not return together; after what the server asked for, never before.
 */
export function retryDelayMs(
  timing: Timing,
  failures: number,
  options: { retryAfterSeconds?: number | undefined; capMs: number },
): number {
  const ceiling = Math.min(options.capMs, FIRST_RETRY_MS * 2 ** (failures - 1));
  return (options.retryAfterSeconds ?? 0) * 1000 + timing.random() * ceiling;
}
