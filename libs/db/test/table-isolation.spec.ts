import { withClient } from '@coditect/local-stack/database';
import { describe, expect, it } from 'vitest';
import { openTwoTenants, outcome, WITHOUT_TENANT } from './two-tenants.js';

const { db, superuserUrl, ours, theirs, asUs, sql, execute } = await openTwoTenants();

async function names(text: string): Promise<string[]> {
  return (await db.systemQuery<{ name: string }>(text)).rows.map(({ name }) => name);
}

const TENANT_TABLES = await names(
  `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
);
const PARTITIONS = await names(
  `SELECT relname AS name FROM pg_class WHERE relispartition AND relkind = 'r' ORDER BY 1`,
);

/** Returns every row of the tenant tables, read without row level security. */
async function everything(): Promise<{ name: string; tenant: string; row: unknown }[]> {
  const { rows } = await db.systemQuery<{ name: string; tenant: string; row: unknown }>(
    TENANT_TABLES.map(
      (name) => `SELECT '${name}' AS name, tenant_id AS tenant, to_jsonb(t) AS row FROM ${name} t`,
    ).join(' UNION ALL ') + ' ORDER BY 1, 2',
  );
  return rows;
}
const atFirst = await everything();

/** Inserts a copy of a tenant's row. A conflict with the row itself is ignored, so only a refusal is an error. */
async function insertCopy(table: string, tenantId: string): Promise<number> {
  const { rows } = await db.systemQuery<{ row: unknown }>(
    `SELECT to_jsonb(t) AS row FROM ${table} t WHERE tenant_id = $1`,
    [tenantId],
  );
  return execute(
    `INSERT INTO ${table} SELECT * FROM jsonb_populate_record(NULL::${table}, $1::jsonb) ON CONFLICT DO NOTHING`,
    JSON.stringify(rows[0]?.row),
  );
}

it('both tenants have a row in every tenant table', () => {
  expect(TENANT_TABLES.length).toBeGreaterThanOrEqual(30); // fewer: the catalogue was not read
  const both = [ours.id, theirs.id].toSorted();
  expect(atFirst.map(({ name, tenant }) => [name, tenant])).toEqual(
    TENANT_TABLES.flatMap((name) => both.map((tenant) => [name, tenant])),
  );
});

describe.each(TENANT_TABLES)('%s', (table) => {
  it.each(WITHOUT_TENANT)('%s shows no rows and accepts none', async (_where, run) => {
    await run(async () => {
      expect(await sql(`SELECT * FROM ${table}`)).toEqual([]);
      expect(await outcome(insertCopy(table, ours.id))).toBe('42501');
      expect(await outcome(execute(`UPDATE ${table} SET tenant_id = tenant_id`))).toBeOneOf([0, '42501']);
      expect(await outcome(execute(`DELETE FROM ${table}`))).toBeOneOf([0, '42501']);
    });
  });

  it('shows a tenant only its own row, for every query', async () => {
    await asUs(async () => {
      expect(await sql(`SELECT tenant_id FROM ${table}`)).toEqual([{ tenant_id: ours.id }]);
      expect(await sql(`SELECT * FROM ${table} WHERE tenant_id = $1::uuid`, theirs.id)).toEqual([]);
      expect(
        await sql(`SELECT * FROM ${table} WHERE tenant_id <> $1::uuid OR true ORDER BY random()`, ours.id),
      ).toHaveLength(1);
      expect(
        await sql(`WITH stolen AS MATERIALIZED (SELECT * FROM ${table}) SELECT DISTINCT tenant_id FROM stolen`),
      ).toEqual([{ tenant_id: ours.id }]);
      expect(await sql(`SELECT count(*)::int, max(tenant_id::text) FROM ${table}`)).toEqual([
        { count: 1, max: ours.id },
      ]);
      expect(
        await sql(`SELECT EXISTS (SELECT FROM ${table} t WHERE t.tenant_id = $1::uuid) AS exists`, theirs.id),
      ).toEqual([{ exists: false }]);
      expect(
        await sql(
          `SELECT t.id FROM tenants t LEFT JOIN ${table} x ON x.tenant_id <> t.id WHERE x.tenant_id IS NOT NULL`,
        ),
      ).toEqual([]);
    });
  });

  it('refuses a row for another tenant, and accepts one for the tenant itself', async () => {
    const mayInsert = (
      await names(`SELECT 'yes' AS name WHERE has_table_privilege('license_app', '${table}', 'INSERT')`)
    ).length;

    expect(await asUs(() => outcome(insertCopy(table, theirs.id)))).toBe('42501');
    expect(await asUs(() => outcome(insertCopy(table, ours.id)))).toBe(mayInsert ? 0 : '42501');
  });

  it("refuses to change, move or delete another tenant's row", async () => {
    const of = `WHERE tenant_id = '${theirs.id}'`;

    expect(await asUs(() => outcome(execute(`UPDATE ${table} SET tenant_id = tenant_id ${of}`)))).toBeOneOf([
      0,
      '42501',
    ]);
    expect(await asUs(() => outcome(execute(`UPDATE ${table} SET tenant_id = '${ours.id}' ${of}`)))).toBeOneOf([
      0,
      '42501',
    ]);
    expect(await asUs(() => outcome(execute(`DELETE FROM ${table} ${of}`)))).toBeOneOf([0, '42501']);
    expect(
      await asUs(() => outcome(execute(`WITH gone AS (DELETE FROM ${table} ${of} RETURNING 1) SELECT * FROM gone`))),
    ).toBeOneOf([0, '42501']);
  });

  it('refuses to move a row to another tenant', async () => {
    expect(await asUs(() => outcome(execute(`UPDATE ${table} SET tenant_id = '${theirs.id}'`)))).toBe('42501');
  });

  it('cannot be truncated', async () => {
    expect(await asUs(() => outcome(execute(`TRUNCATE ${table}`)))).toBe('42501');
  });

  it('is unchanged after all these attempts', async () => {
    expect(await everything()).toEqual(atFirst);
  });
});

describe('the partitions of audit_logs', () => {
  it.each(['SELECT * FROM', 'DELETE FROM', 'TRUNCATE'])('cannot be reached with %s', async (verb) => {
    expect(PARTITIONS.length).toBeGreaterThan(24);
    for (const partition of PARTITIONS)
      expect(await asUs(() => outcome(execute(`${verb} ${partition}`)))).toBe('42501');
  });

  it('would show only own rows even if a partition were granted to the role', async () => {
    await withClient(superuserUrl, async (client) => {
      const { rows } = await client.query<{ name: string }>(`SELECT tableoid::regclass::text AS name FROM audit_logs`);
      const tenants = `SELECT tenant_id FROM ${rows[0]?.name}`;
      await client.query(`BEGIN; GRANT SELECT ON ${rows[0]?.name} TO license_app; SET LOCAL ROLE license_app`);

      expect((await client.query(tenants)).rows).toEqual([]);
      await client.query('SELECT set_current_tenant($1)', [ours.id]);
      expect((await client.query(tenants)).rows).toEqual([{ tenant_id: ours.id }]);
    });
  });
});
