import type { StreamEvent } from '@coditect/contracts/stream';
import { type Query, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { applySeatEvent } from '#seats/seat-events';
import { answersThatFollow } from './answers.ts';
import { type LiveEvent, readEvents } from './event-stream.ts';

/** How often lists are requested again while the stream is lost. */
export const REFETCH_MS = 30_000;
/** The same while the stream is open: heartbeats and ended leases are no events, and a killed process may lose events. */
export const LIVE_REFETCH_MS = 60_000;
const SHORTEST_REFETCH_MS = 1_000;

/** The queries that each event makes stale, by the first part of their key. These events carry only an id. */
const READ_AGAIN: Partial<Record<StreamEvent['type'], readonly unknown[]>> = {
  'denial.created': ['denials'],
  // The event does not say which user; it may be the viewer.
  'user.changed': ['users', 'quota', 'me'],
  'invitation.changed': ['invitations', 'quota'],
  'project.changed': ['projects', 'quota'],
  reset: ['licenses', 'license-sessions', 'denials', 'users', 'invitations', 'projects', 'quota'],
};

const apply = (event: LiveEvent, query: Query, client: QueryClient): boolean =>
  READ_AGAIN[event.type]?.includes(query.queryKey[0]) || applySeatEvent(event, query, client);

let connected = false;
const listeners = new Set<() => void>();
const eventListeners = new Set<(event: LiveEvent) => void>();

function setConnected(now: boolean): void {
  connected = now;
  for (const listener of listeners) listener();
}

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

/** Returns the `refetchInterval` of queries that events keep up to date. */
export function useRefetchInterval(): (query: Pick<Query, 'state'>) => number {
  const longestMs = useLive() ? LIVE_REFETCH_MS : REFETCH_MS;
  return ({ state }) => untilRefetch(state, longestMs);
}

/** Returns the ms until the next request, counted from the last answer. TanStack Query restarts an interval with every
 *  write, so frequent events would otherwise postpone the request for ever. A clock that was set back does not postpone
 *  it either: the wait is never longer than `longestMs`. */
export function untilRefetch(
  { dataUpdatedAt, errorUpdatedAt }: Pick<Query['state'], 'dataUpdatedAt' | 'errorUpdatedAt'>,
  longestMs: number,
): number {
  const answeredAt = Math.max(dataUpdatedAt, errorUpdatedAt) || Date.now();
  return Math.min(Math.max(answeredAt + longestMs - Date.now(), SHORTEST_REFETCH_MS), longestMs);
}

/** Watches what happens in the tenant while the signed-in pages are open. @param allowed false: the API would refuse the stream */
export function useLiveUpdates(allowed = true): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!allowed) return undefined;
    const end = new AbortController();
    const follow = answersThatFollow(client, apply, end.signal);
    let lost = false;
    const stop = () => {
      if (end.signal.aborted) return;
      end.abort();
      setConnected(false);
    };
    void readEvents(end.signal, {
      event: (event: LiveEvent) => {
        for (const listener of eventListeners) listener(event);
        follow(event);
      },
      connected: (now) => {
        if (end.signal.aborted) return; // the next person's stream says what holds now
        // The API sends the missed events, but an event may have been lost with the process that broke the connection.
        if (now && lost) follow({ type: 'reset', data: {} });
        lost ||= !now;
        setConnected(now);
      },
    }).finally(stop);
    return stop;
  }, [client, allowed]);
}
