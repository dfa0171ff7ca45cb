import type { AuditLogFilters } from '@coditect/contracts/audit';
import { containsText } from '#platform/lists/search';

/** An SQL condition and the values of its parameters, which are numbered from $1. */
export interface Condition {
  text: string;
  values: unknown[];
}

/** Returns the condition for the rows of one tenant that match the filters. The time range is half open: at or after
 *  `from`, before `to`. An action ending in `.*` matches all actions with that prefix. */
export function auditLogCondition(tenantId: string, filters: AuditLogFilters): Condition {
  const { action, search } = filters;
  const prefix = action?.endsWith('.*') ? action.slice(0, -1).replaceAll('_', String.raw`\_`) : undefined;
  const wanted: [value: string | undefined, condition: (parameter: string) => string][] = [
    [tenantId, (p) => `tenant_id = ${p}::uuid`],
    [filters.actor_id, (p) => `actor_id = ${p}::uuid`],
    prefix ? [`${prefix}%`, (p) => `action LIKE ${p}`] : [action, (p) => `action = ${p}`],
    [filters.resource_type, (p) => `resource_type = ${p}`],
    [filters.resource_id, (p) => `resource_id = ${p}`],
    [filters.request_id, (p) => `request_id = ${p}`],
    [filters.from, (p) => `occurred_at >= ${p}::timestamptz`],
    [filters.to, (p) => `occurred_at < ${p}::timestamptz`],
    [search ? `%${containsText(search).contains}%` : undefined, (p) => `(action ILIKE ${p} OR actor_name ILIKE ${p})`],
  ];
  const given = wanted.filter(([value]) => value !== undefined);
  return {
    text: given.map(([, condition], i) => condition(`$${i + 1}`)).join(' AND '),
    values: given.map(([value]) => value),
  };
}
