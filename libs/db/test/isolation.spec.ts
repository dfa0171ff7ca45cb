import { randomUUID } from 'node:crypto';
import { withClient } from '@coditect/local-stack/database';
import { describe, expect, it } from 'vitest';
import { runAsTenant, tenantStore } from '../src/tenant-context.js';
import { openTwoTenants, outcome, WITHOUT_TENANT } from './two-tenants.js';

const { db, urls, ours, theirs, asUs, sql, execute } = await openTwoTenants();

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
