import { randomUUID } from 'node:crypto';
import { withClient } from '@coditect/local-stack/database';
import { describe, expect, it } from 'vitest';
import { runAsTenant, tenantStore } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows } from './tenant-rows.js';

const { db, urls, superuserUrl } = await openDatabase();
const [ours, theirs] = [await createTenantRows(db, 'ours'), await createTenantRows(db, 'theirs')];
const asUs = <T>(work: () => PromiseLike<T>) => runAsTenant(ours.id, work);
/** Code outside of any request, and a request whose caller is not known yet. */
const WITHOUT_TENANT = [
  ['without a context', <T>(work: () => Promise<T>) => work()],
  ['in a context without a tenant', <T>(work: () => Promise<T>) => tenantStore.run({}, work)],
] as const;

const sql = (text: string, ...values: unknown[]) =>
  db.tenant.$queryRawUnsafe<Record<string, unknown>[]>(text, ...values);
const execute = (text: string, ...values: unknown[]) => db.tenant.$executeRawUnsafe(text, ...values);
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

/** Returns the SQLSTATE of a refusal, or the number of rows that the statement touched. */
async function outcome(work: Promise<number>): Promise<string | number> {
  try {
    return await work;
  } catch (error) {
    return /Code: `(\w+)`/.exec(String(error))?.[1] ?? String(error);
  }
}

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
  expect(TENANT_TABLES).toHaveLength(30);
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

describe('the tenants', () => {
  it('see only themselves, and are not visible without a tenant', async () => {
    expect(await asUs(() => db.tenant.tenant.findMany({ select: { id: true } }))).toEqual([{ id: ours.id }]);
    expect(await db.tenant.tenant.findMany()).toEqual([]);
  });

  it('cannot change their id or the fields that staff decide', async () => {
    for (const change of [
      "plan_tier = 'enterprise'",
      "status = 'closed'",
      "stripe_customer_id = 'x'",
      'id = gen_random_uuid()',
    ])
      expect(await asUs(() => outcome(execute(`UPDATE tenants SET ${change}`)))).toBe('42501');
    expect(await asUs(() => outcome(execute(`UPDATE tenants SET name = 'New' WHERE id = $1::uuid`, theirs.id)))).toBe(
      0,
    );
  });

  it('cannot give themselves more seats', async () => {
    expect(await asUs(() => outcome(execute('UPDATE licenses SET seats_total = 1000')))).toBe('42501');
  });
});

describe('Prisma', () => {
  it('finds, counts and joins only own rows', async () => {
    const [user, licenses, session] = await asUs(() =>
      Promise.all([
        db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: theirs.id, id: theirs.userId } } }),
        db.tenant.license.count({ where: { tenantId: { not: ours.id } } }),
        db.tenant.licenseSession.findFirstOrThrow({
          include: { user: true, license: true, tenant: { include: { users: true } } },
        }),
      ]),
    );

    expect(user).toBeNull();
    expect(licenses).toBe(0);
    expect([session.user.tenantId, session.license.tenantId, session.tenant.id]).toEqual([ours.id, ours.id, ours.id]);
    expect(session.tenant.users.map(({ id }) => id)).toEqual([ours.userId]);
  });

  it('changes and deletes nothing of another tenant', async () => {
    const where = { tenantId: theirs.id };

    expect(await asUs(() => db.tenant.user.updateMany({ where, data: { role: 'owner' } }))).toEqual({ count: 0 });
    expect(await asUs(() => db.tenant.project.deleteMany({ where }))).toEqual({ count: 0 });
    await expect(
      asUs(() => db.tenant.project.create({ data: { tenantId: theirs.id, ownerId: theirs.userId, name: 'Planted' } })),
    ).rejects.toThrow('row-level security policy for table "projects"');
  });

  it('cannot connect a row to one of another tenant', async () => {
    const create = asUs(() =>
      db.tenant.project.create({ data: { tenantId: ours.id, ownerId: theirs.userId, name: 'Cuckoo' } }),
    );

    await expect(create).rejects.toMatchObject({ code: 'P2003' });
  });
});

describe('without a tenant', () => {
  it.each(WITHOUT_TENANT)('%s tenantTx and tenantBatch refuse to start', async (_where, run) => {
    await expect(run(() => db.tenantTx(async (tx) => tx.user.count()))).rejects.toThrow(
      'needs a tenant in the context',
    );
    await expect(run(() => db.tenantBatch([{ text: 'SELECT 1' }]))).rejects.toThrow('needs a tenant in the context');
  });

  it('a transaction of the Prisma client sees nothing and writes nothing', async () => {
    expect(await db.tenant.$transaction(async (tx) => tx.user.count())).toBe(0);
    await expect(
      db.tenant.$transaction([
        db.tenant.project.create({ data: { tenantId: ours.id, ownerId: ours.userId, name: 'Nobody' } }),
      ]),
    ).rejects.toThrow('row-level security');
  });

  it('a tenant id that is not a uuid never reaches SQL text', async () => {
    const attack = `${ours.id}'; DROP TABLE users; --`;

    await expect(runAsTenant(attack, () => db.tenant.user.count())).rejects.toThrow('not a uuid');
    await expect(runAsTenant(attack, () => db.tenantTx(async (tx) => tx.user.count()))).rejects.toThrow('not a uuid');
    await expect(runAsTenant(attack, () => db.tenantBatch([]))).rejects.toThrow('not a uuid');
  });
});

describe('the context', () => {
  it('shows nothing when its tenant does not exist', async () => {
    expect(await runAsTenant(randomUUID(), () => db.tenant.user.count())).toBe(0);
  });

  it('can be filled in after the request has begun, when its caller is known', async () => {
    await tenantStore.run({}, async () => {
      expect(await db.tenant.user.count()).toBe(0);
      Object.assign(tenantStore.getStore() ?? {}, { tenantId: ours.id.toUpperCase() });
      expect(await db.tenant.user.findMany({ select: { tenantId: true } })).toEqual([{ tenantId: ours.id }]);
    });
  });

  it('of a transaction stays the one with which it began', async () => {
    const seen = await asUs(() =>
      db.tenantTx((tx) => runAsTenant(theirs.id, () => tx.user.findMany({ select: { tenantId: true } }))),
    );

    expect(seen).toEqual([{ tenantId: ours.id }]);
  });
});

it('does not leak through unique keys: values of one tenant are no conflict for another', async () => {
  const { keyHash } = await db.system.apiKey.findFirstOrThrow({ where: { tenantId: theirs.id } });
  const data = { tenantId: ours.id, userId: ours.userId, name: 'Same secret', prefix: 'ck_2', keyHash };

  const key = await asUs(() => db.tenant.apiKey.create({ data }));
  await expect(asUs(() => db.tenant.apiKey.create({ data }))).rejects.toMatchObject({ code: 'P2002' });
  await asUs(() => db.tenant.apiKey.delete({ where: { tenantId_id: { tenantId: ours.id, id: key.id } } }));
});

it('does not leak through planner statistics', async () => {
  const statistics = `SELECT count(*)::int AS columns FROM pg_stats WHERE tablename = 'users'`;
  const { rows } = await withClient(urls.owner, async (client) => {
    await client.query('ANALYZE users');
    return client.query<{ columns: number }>(statistics);
  });

  expect(rows[0]?.columns).toBeGreaterThan(0);
  expect(await asUs(() => sql(statistics))).toEqual([{ columns: 0 }]);
});

describe('a foreign key', () => {
  it("refuses another tenant's row even for license_system, which can see it", async () => {
    const { rows } = await db.systemQuery<{ child: string; parent: string; column: string; key: string }>(
      `SELECT f.conrelid::regclass::text AS child, f.confrelid::regclass::text AS parent, a.attname AS column, k.attname AS key
       FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[2]
         JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = f.confkey[2]
       WHERE f.contype = 'f'`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(10);
    for (const { child, parent, column, key } of rows) {
      const point = db.systemQuery(
        `UPDATE ${child} SET ${column} = (SELECT ${key} FROM ${parent} WHERE tenant_id = $1) WHERE tenant_id = $2`,
        [theirs.id, ours.id],
      );
      await expect(point, `${child}.${column}`).rejects.toMatchObject({ code: '23503' });
    }
  });
});
