import { answerOf } from '@coditect/api-client/api-client';
import {
  experimental_streamedQuery as streamedQuery,
  queryOptions,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { LIVE_REFETCH_MS, onLiveEvent, REFETCH_MS, untilRefetch, useLive } from '#live/live-updates';
import { isSeatEnd } from '#seats/seat-events';
import { endedQuery, noteEnded, MOST_ROWS, type Session, sessionsQuery } from '#seats/sessions-queries';
import { api } from '#session/api';

const SHORTEST_REFETCH_MS = 5000;

const newest = sessionsQuery({ status: 'active', limit: MOST_ROWS, ordering: '-started_at' });

/** The sessions after the newest page. No event invalidates this key: the list is long, and events already say which
 *  sessions have ended. */
const older = queryOptions({
  queryKey: ['older-license-sessions'],
  queryFn: streamedQuery({
    streamFn: async function* ({ signal }) {
      for (let offset = MOST_ROWS; ; offset += MOST_ROWS) {
        const query = { status: 'active', limit: MOST_ROWS, offset, ordering: '-started_at' } as const;
        const page = await answerOf(api.GET('/api/v1/license-sessions', { params: { query }, signal }));
        yield page.results;
        if (page.next === null) return;
      }
    },
    reducer: (rows: Session[], page: Session[]) => [...rows, ...page],
    initialValue: [],
    refetchMode: 'replace',
  }),
});

export interface ActiveSessions {
  rows: Session[];
  /** Number of sessions. `rows` grows up to it while further pages load. */
  total: number;
  pending: boolean;
  error: unknown;
  retry: () => void;
}

/** All active sessions that the viewer can see: the newest live, the others page by page. */
export function useActiveSessions(enabled: boolean): ActiveSessions {
  const client = useQueryClient();
  const live = useLive();
  const longest = live ? LIVE_REFETCH_MS : REFETCH_MS;
  const first = useQuery({
    ...newest,
    enabled,
    refetchInterval: ({ state }) => untilNextLapse(state.data?.results ?? [], untilRefetch(state, longest)),
  });
  const more = (first.data?.count ?? 0) > MOST_ROWS;
  const rest = useQuery({ ...older, enabled: enabled && more, refetchInterval: longest });
  const { data: ended } = useQuery(endedQuery);

  useEffect(
    () =>
      onLiveEvent((event) => {
        if (isSeatEnd(event)) noteEnded(client, event.data.session_id);
      }),
    [client],
  );
  const rows = useMemo(() => {
    const byId = new Map<string, Session>();
    for (const row of [...(first.data?.results ?? []), ...(more ? (rest.data ?? []) : [])])
      if (!ended.has(row.id) && !byId.has(row.id)) byId.set(row.id, row);
    return [...byId.values()];
  }, [first.data, rest.data, more, ended]);
  return {
    rows,
    total: Math.max(first.data?.count ?? 0, rows.length),
    pending: first.isPending,
    error: rows.length > 0 ? null : (first.error ?? rest.error),
    retry: () => void first.refetch(),
  };
}

/** The time until the first lease ends, in ms. By then it has been renewed, or its seat is free. */
function untilNextLapse(rows: readonly Session[], longestMs: number): number {
  const now = Date.now();
  const left = rows.map((row) => Date.parse(row.lease_expires_at) - now).filter((ms) => ms > 0);
  const soonest = left.reduce((least, ms) => Math.min(least, ms), longestMs);
  return Math.max(soonest, SHORTEST_REFETCH_MS);
}
