export const statuses = ['active', 'released', 'expired', 'revoked'] as const;
export type SessionStatus = (typeof statuses)[number];
export const sortColumns = ['who', 'machine', 'license', 'seat', 'started', 'heartbeat', 'lease'] as const;
export type SortColumn = (typeof sortColumns)[number];
/** `started` ascends, `-started` descends. */
export type SessionSort = SortColumn | `-${SortColumn}`;

/** What of the page is in the URL. */
export interface SessionsSearch {
  /** The one that is open. */
  id?: string;
  /** Part of a name, an e-mail, a machine or an id. */
  q?: string;
  /** Of this license only. */
  license?: string;
  /** Those that have ended so; without it those that hold a seat. */
  status?: Exclude<SessionStatus, 'active'>;
  sort?: SessionSort;
  /** Where the page of an ended list begins. */
  offset?: number;
}

export function sessionsSearch({ id, q, license, status, sort, offset }: Record<string, unknown>): SessionsSearch {
  return {
    ...(typeof id === 'string' && { id }),
    // Digits alone come as a number; the API takes no more.
    ...((typeof q === 'string' || typeof q === 'number') && q !== '' && { q: String(q).slice(0, 100) }),
    ...(typeof license === 'string' && { license }),
    ...(isEnded(status) && { status }),
    ...(isSort(sort) && { sort }),
    ...(typeof offset === 'number' && Number.isSafeInteger(offset) && offset > 0 && { offset }),
  };
}

function isEnded(status: unknown): status is Exclude<SessionStatus, 'active'> {
  return status !== 'active' && statuses.some((known) => known === status);
}

function isSort(sort: unknown): sort is SessionSort {
  return typeof sort === 'string' && sortColumns.some((column) => column === sort.replace(/^-/, ''));
}
