import { endedSessionStatuses, licenseSessionStatuses, MAX_SEARCH_LENGTH } from '@coditect/contracts/names';
import { given, oneOf, someId, someOffset, someText } from '#shell/search-params';

export type SessionStatus = (typeof licenseSessionStatuses)[number];
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
  status?: (typeof endedSessionStatuses)[number];
  sort?: SessionSort;
  /** Where the page of an ended list begins. */
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
