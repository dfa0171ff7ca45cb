import type { TestApp } from '../app.js';
import type { DocumentedOperation } from './documented-operations.js';

/** The rows of a tenant in each table: their number and their hash. */
export type TenantState = Map<string, { rows: number; hash: string }>;

/** A refresh continues a login, and neither creates nor ends one, so it has no audit entry. */
const UNTOLD_ON_PURPOSE = new Set(['auth_refresh']);

/** Returns a reader of tenant states. */
export async function stateReader({ db }: TestApp): Promise<(tenant: { id: string }) => Promise<TenantState>> {
  const { rows: tables } = await db.systemQuery<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
  );
  const selects = [{ name: 'tenants', key: 'id' }, ...tables.map(({ name }) => ({ name, key: 'tenant_id' }))].map(
    ({ name, key }) =>
      `SELECT '${name}' AS name, count(*)::int AS rows, md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS hash
       FROM "${name}" t WHERE ${key} = $1`,
  );
  const text = selects.join(' UNION ALL ');
  return async ({ id }) => {
    const { rows } = await db.systemQuery<{ name: string; rows: number; hash: string }>(text, [id]);
    return new Map(rows.map(({ name, rows: count, hash }) => [name, { rows: count, hash }]));
  };
}

/** Returns the tables that an operation has changed without an audit entry. Expected: none. */
export function untoldChanges({ operationId }: DocumentedOperation, before: TenantState, after: TenantState): string[] {
  if (UNTOLD_ON_PURPOSE.has(operationId)) return [];
  if (after.get('audit_logs')!.rows > before.get('audit_logs')!.rows) return [];
  const changed = [...after].filter(([name, { hash }]) => before.get(name)!.hash !== hash);
  return changed.map(([name]) => `${operationId}: ${name}`);
}
