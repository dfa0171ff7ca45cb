import { constants } from 'node:os';

const EXIT_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long an ending process waits until its seats are given back, in ms. */
const RELEASE_LIMIT_MS = 3000;

const releases = new Set<() => Promise<void>>();

/**
 * Calls `release`, which must not reject, when the process ends by SIGINT, SIGTERM or SIGHUP, or because it has nothing
 * left to do. A host that handles a signal itself decides about the end. Otherwise the process ends by that signal, as
 * without these handlers.
 *
 * @returns a function that removes the handlers. `release` must call it before it waits, so that a second signal ends the
 * process at once.
 */
export function releaseAtExit(release: () => Promise<void>): () => void {
  if (releases.size === 0) install();
  releases.add(release);
  return () => {
    if (releases.delete(release) && releases.size === 0) uninstall();
  };
}

function install(): void {
  // First in line, because a host's `once` listener no longer counts after it was called.
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
  // Still alive: signals from itself do not end the first process of a container (pid_namespaces(7)).
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
}
