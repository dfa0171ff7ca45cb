import type { EventEmitter } from 'node:events';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SAME_REQUEST_MS = 500;

/**
 * Calls `first` on the first signal to stop, and `again` on a later one. Under npm, one Ctrl-C arrives twice: from the
 * terminal and from npm. So a signal within half a second belongs to the same request.
 */
export function onStopSignals(source: EventEmitter, { first, again }: { first: () => void; again: () => void }): void {
  let firstAt: number | undefined;
  for (const signal of STOP_SIGNALS)
    source.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        first();
      } else if (performance.now() - firstAt > SAME_REQUEST_MS) again();
    });
}
