import { given, oneOf, someId, someOffset, someText } from '#shell/search-params';

export const endedStatuses = ['released', 'expired', 'revoked'] as const;
export const statuses = ['active', ...endedStatuses] as const;
export type SessionStatus = (typeof statuses)[number];
export const sortColumns = ['who', 'machine', 'license', 'seat', 'started', 'heartbeat', 'lease'] as const;
export type SortColumn = (typeof sortColumns)[number];
/** `started` ascends, `-started` descends. */
export type SessionSort = SortColumn | `-${SortColumn}`;

/** The part of the page's state that is in the URL. */
export interface SessionsSearch {
  /** The one that is open. */
  id?: string;
  /** Part of a name, an e-mail, a machine or an id. */
  q?: string;
  /** Of this license only. */
  license?: string;
  /** Those that have ended so; without it those that hold a seat. */
  status?: (typeof endedStatuses)[number];
  sort?: SessionSort;
  /** Where the page of an ended list begins. */
  offset?: number;
}

/** The API takes no longer text. */
const LONGEST_TEXT = 100;
const sorts = sortColumns.flatMap((column): SessionSort[] => [column, `-${column}`]);

export function sessionsSearch(search: Record<string, unknown>): SessionsSearch {
  return given({
    id: someId(search['id']),
    q: someText(search['q'], LONGEST_TEXT),
    license: someId(search['license']),
    status: oneOf(endedStatuses, search['status']),
    sort: oneOf(sorts, search['sort']),
    offset: someOffset(search['offset']),
  });
}
