import type { Query, QueryClient } from '@tanstack/react-query';
import type { LiveEvent } from './event-stream.ts';

/** Events within this time cause one request per answer. */
const GATHER_MS = 250;

/** Applies an event to one answer of the cache. @returns whether the answer must be requested again */
export type Apply = (event: LiveEvent, query: Query, client: QueryClient) => boolean;

/**
 * Returns a function that applies an event to every answer in the cache. It stops working when the signal aborts.
 *
 * Events and answers travel separately, so the order of arrival is not the order of reading. These rules lead to the right
 * value:
 * - The last event is right. The API sends events in the order of the log, reads the counts when it sends them, and sends an
 *   event for every change.
 * - An answer that was requested before an event arrived may be older than the event. The event is applied again to that
 *   answer when it arrives.
 * - An answer that was requested after an event arrived is newer than the event.
 */
export function answersThatFollow(client: QueryClient, apply: Apply, signal: AbortSignal): (event: LiveEvent) => void {
  const cache = client.getQueryCache();
  /** The events that arrived while a query was being fetched. */
  const meanwhile = new WeakMap<Query, LiveEvent[]>();
  const stale = new Set<Query>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const readAgain = (query: Query) => {
    stale.add(query);
    timer ??= setTimeout(() => {
      timer = undefined;
      const queries = new Set(stale);
      stale.clear();
      // A fetch in flight is not cancelled: with frequent events none would ever finish. `meanwhile` requests another answer.
      void client.invalidateQueries({ predicate: (one) => queries.has(one) }, { cancelRefetch: false });
    }, GATHER_MS);
  };
  const applyTo = (query: Query, event: LiveEvent) => {
    if (apply(event, query, client)) readAgain(query);
  };

  const unsubscribe = cache.subscribe((change) => {
    if (change.type !== 'updated') return;
    const { action, query } = change;
    if (action.type === 'fetch') meanwhile.delete(query);
    if (action.type !== 'success' || action.manual) return;
    const events = meanwhile.get(query) ?? [];
    meanwhile.delete(query);
    for (const event of events) applyTo(query, event);
  });
  signal.addEventListener('abort', () => {
    unsubscribe();
    clearTimeout(timer);
  });

  return (event) => {
    for (const query of cache.getAll()) {
      if (query.state.fetchStatus !== 'idle') {
        const events = meanwhile.get(query) ?? [];
        events.push(event);
        meanwhile.set(query, events);
      }
      applyTo(query, event);
    }
  };
}
