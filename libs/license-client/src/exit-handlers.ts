import { constants } from 'node:os';

const EXIT_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long an ending process waits for its seats to be given back. */
const RELEASE_LIMIT_MS = 3000;

const releases = new Set<() => Promise<void>>();

/**
 * Calls `release`, which must not reject, when the process ends by SIGINT, SIGTERM, SIGHUP or by having nothing left to
 * do. A host that handles a signal itself keeps the say over it; otherwise the process ends by that signal as it would
 * have without these handlers.
 *
 * @returns takes it back; to be called by `release` before it waits, so that a second signal ends the process at once
 */
export function releaseAtExit(release: () => Promise<void>): () => void {
  if (releases.size === 0) install();
  releases.add(release);
  return () => {
    if (releases.delete(release) && releases.size === 0) uninstall();
  };
}

function install(): void {
  // First in line: a host's `once` listener is gone from the count as soon as it was called.
  for (const signal of EXIT_SIGNALS) process.prependListener(signal, onSignal);
  process.on('beforeExit', onBeforeExit);
}

function uninstall(): void {
  for (const signal of EXIT_SIGNALS) process.off(signal, onSignal);
  process.off('beforeExit', onBeforeExit);
}

function onSignal(signal: NodeJS.Signals): void {
  const hostDecides = process.listenerCount(signal) > 1;
  const released = releaseAll();
  if (!hostDecides) void released.then(() => endBy(signal));
}

function onBeforeExit(): void {
  void releaseAll();
}

async function releaseAll(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RELEASE_LIMIT_MS);
  });
  await Promise.race([Promise.all([...releases].map((release) => release())), limit]);
  clearTimeout(timer);
}

function endBy(signal: NodeJS.Signals): void {
  uninstall();
  process.kill(process.pid, signal);
  // Still here: the first process of a container is not ended by its own signals (pid_namespaces(7)).
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
}
