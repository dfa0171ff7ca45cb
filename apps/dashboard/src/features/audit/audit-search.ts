import { given, someDay, someOffset, someText } from '#shell/search-params';

/** The search parameters of the page. */
export interface AuditSearch {
  /** Id of the open entry. */
  id?: string;
  search?: string;
  actor_id?: string;
  /** `user.disabled`, or `user.*` for all actions on users. */
  action?: string;
  resource_type?: string;
  resource_id?: string;
  request_id?: string;
  /** Calendar days of the reader, `2026-11-22`; both are included. */
  from?: string;
  to?: string;
  offset?: number;
}

export const auditFilters = [
  'search',
  'actor_id',
  'action',
  'resource_type',
  'resource_id',
  'request_id',
  'from',
  'to',
] as const;
export type AuditFilter = (typeof auditFilters)[number];

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  return given({
    id: someText(search['id']),
    search: someText(search['search']),
    actor_id: someText(search['actor_id']),
    action: someText(search['action']),
    resource_type: someText(search['resource_type']),
    resource_id: someText(search['resource_id']),
    request_id: someText(search['request_id']),
    from: someDay(search['from']),
    to: someDay(search['to']),
    offset: someOffset(search['offset']),
  });
}

/** Returns the query of lists and exports. The days become moments; the last one is included, so the range ends at the
 *  start of the day after. */
export function auditFilterQuery(search: AuditSearch): Partial<Record<AuditFilter, string>> {
  const query: Partial<Record<AuditFilter, string>> = {};
  for (const name of auditFilters) {
    const value = search[name];
    if (value === undefined) continue;
    query[name] = name === 'from' ? startOfDay(value, 0) : name === 'to' ? startOfDay(value, 1) : value;
  }
  return query;
}

/** Returns the moment at which a day starts in the time zone of the browser. Days differ in length, so a day later
 *  is not always 24 hours later. */
function startOfDay(day: string, daysLater: number): string {
  const moment = new Date(`${day}T00:00`);
  moment.setDate(moment.getDate() + daysLater);
  return moment.toISOString();
}
