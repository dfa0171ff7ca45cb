import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { type LiveEvent, readEvents } from './event-stream.ts';

/** How lists are kept fresh while the stream is lost. */
export const REFETCH_MS = 30_000;

/** Queries that an event makes old, by the first part of their key. */
const STALE: Record<string, readonly string[]> = {
  seat: ['licenses', 'license-sessions', 'users'],
  license: ['licenses', 'license-sessions'],
  denial: ['denials', 'licenses'],
  // The event does not say which user; it may be the viewer.
  user: ['users', 'quota', 'me'],
  invitation: ['invitations', 'quota'],
  project: ['projects', 'quota'],
  reset: ['licenses', 'license-sessions', 'denials', 'users', 'invitations', 'projects', 'quota'],
};
/** Many events at once read the lists once. */
const GATHER_MS = 250;

let connected = false;
const listeners = new Set<() => void>();
const eventListeners = new Set<(event: LiveEvent) => void>();

/** Calls back with each event, for lists too long to be read anew. */
export function onLiveEvent(listener: (event: LiveEvent) => void): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}

/** Whether events arrive. Without them lists are read every `REFETCH_MS`. */
export function useLive(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connected,
  );
}

/** For queries of what is live: how often to read again by itself, in ms. */
export function useRefetchInterval(): number | false {
  return useLive() ? false : REFETCH_MS;
}

/** Watches what happens in the tenant while the signed-in pages are open. @param allowed false: the API would refuse the stream */
export function useLiveUpdates(allowed = true): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!allowed) return undefined;
    const end = new AbortController();
    const invalidate = invalidator(client, end.signal);
    void readEvents(end.signal, {
      event: (event: LiveEvent) => {
        for (const listener of eventListeners) listener(event);
        invalidate(STALE[event.type.split('.')[0] ?? ''] ?? []);
      },
      connected: (now) => {
        connected = now;
        for (const listener of listeners) listener();
      },
    });
    return () => end.abort();
  }, [client, allowed]);
}

function invalidator(client: QueryClient, signal: AbortSignal): (keys: readonly string[]) => void {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener('abort', () => clearTimeout(timer));
  return (keys) => {
    for (const key of keys) stale.add(key);
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const key of stale) void client.invalidateQueries({ queryKey: [key] });
      stale.clear();
    }, GATHER_MS);
  };
}
