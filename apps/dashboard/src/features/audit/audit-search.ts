/** What of the page is in the URL. */
export interface AuditSearch {
  /** The entry that is shown. */
  id?: string;
  search?: string;
  actor_id?: string;
  /** `user.disabled`, or `user.*` for all below. */
  action?: string;
  resource_type?: string;
  resource_id?: string;
  request_id?: string;
  /** Days of the reader's calendar, `2026-11-22`; both are included. */
  from?: string;
  to?: string;
  offset?: number;
}

export const auditFilters = [
  ...(['search', 'actor_id', 'action', 'resource_type', 'resource_id', 'request_id'] as const),
  ...(['from', 'to'] as const),
];
export type AuditFilter = (typeof auditFilters)[number];

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

export function auditSearch(given: Record<string, unknown>): AuditSearch {
  const offset = Number(given['offset']);
  const known: AuditSearch = {};
  for (const name of ['id', ...auditFilters] as const) {
    // The router reads what looks like a number as one.
    const value = given[name];
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = String(value);
    if (text !== '' && ((name !== 'from' && name !== 'to') || isDay(text))) known[name] = text;
  }
  return { ...known, ...(Number.isInteger(offset) && offset > 0 && { offset }) };
}

/** What lists and exports are asked: the days as moments, until before the day after the last. */
export function auditFilterQuery(search: AuditSearch): Partial<Record<AuditFilter, string>> {
  const query: Partial<Record<AuditFilter, string>> = {};
  for (const name of auditFilters) {
    const value = search[name];
    if (value === undefined) continue;
    query[name] = name === 'from' ? startOfDay(value, 0) : name === 'to' ? startOfDay(value, 1) : value;
  }
  return query;
}

/** By the clock of the reader. Days differ in length, so a day later is not 24 hours later. */
function startOfDay(day: string, daysLater: number): string {
  const moment = new Date(`${day}T00:00`);
  moment.setDate(moment.getDate() + daysLater);
  return moment.toISOString();
}
