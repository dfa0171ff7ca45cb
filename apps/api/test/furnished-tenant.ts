import { randomUUID } from 'node:crypto';
import { createTenantRows, type TenantRows } from '../../../libs/db/test/tenant-rows.js';
import type { TestApp } from './app.js';
import type { TestUser } from './factory.js';

/** Makes a tenant with a row in every table, signed in as its owner. */
export async function furnishedTenant(api: TestApp): Promise<TenantRows & { owner: TestUser }> {
  const rows = await createTenantRows(api.db, `furnished-${randomUUID()}`);
  const key = { tenantId_id: { tenantId: rows.id, id: rows.userId } };
  const user = await api.db.system.user.update({ where: key, data: { role: 'owner' } });
  return { ...rows, owner: await api.factory.signIn(user) };
}

/** Returns every row of a tenant, by table. Tables without rows are left out. */
export async function rowsOf(api: TestApp, tenantId: string): Promise<Record<string, object[]>> {
  const { rows: tables } = await api.db.systemQuery<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
  );
  const found: Record<string, object[]> = {};
  for (const { name } of [...tables, { name: 'tenants' }]) {
    const { rows } = await api.db.systemQuery<{ row: object }>(
      `SELECT to_jsonb(t) AS row FROM "${name}" t WHERE ${name === 'tenants' ? 'id' : 'tenant_id'} = $1 ORDER BY t::text`,
      [tenantId],
    );
    if (rows.length > 0) found[name] = rows.map(({ row }) => row);
  }
  return found;
}
