import { endedSessionStatuses, MAX_SEARCH_LENGTH } from '@coditect/contracts/names';
import { given, oneOf, someId, someOffset, someText } from '#shell/search-params';

export const sortColumns = ['who', 'machine', 'license', 'seat', 'started', 'heartbeat', 'lease'] as const;
export type SortColumn = (typeof sortColumns)[number];
/** `started` is ascending, `-started` descending. */
export type SessionSort = SortColumn | `-${SortColumn}`;

/** The search parameters of the page. */
export interface SessionsSearch {
  /** Id of the open session. */
  id?: string;
  /** Part of a name, an e-mail address, a machine id or another id. */
  q?: string;
  /** Id of a license. */
  license?: string;
  /** How the sessions have ended; active sessions by default. */
  status?: (typeof endedSessionStatuses)[number];
  sort?: SessionSort;
  /** Offset of the page of ended sessions. */
  offset?: number;
}

const sorts = sortColumns.flatMap((column): SessionSort[] => [column, `-${column}`]);

export function sessionsSearch(search: Record<string, unknown>): SessionsSearch {
  return given({
    id: someId(search['id']),
    q: someText(search['q'], MAX_SEARCH_LENGTH),
    license: someId(search['license']),
    status: oneOf(endedSessionStatuses, search['status']),
    sort: oneOf(sorts, search['sort']),
    offset: someOffset(search['offset']),
  });
}
