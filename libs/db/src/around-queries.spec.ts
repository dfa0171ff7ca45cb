import { createTestDatabase, type TestDatabase } from '@coditect/local-stack/test-database';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { summaryOf } from './around-queries.js';
import { Database } from './database.js';
import { runAsTenant } from './tenant-context.js';

describe('the summary of a statement', () => {
  it.each([
    [{ text: 'SELECT 1', name: 'login_state' }, 'login_state'],
    ['SELECT "public"."users"."id" FROM "public"."users" WHERE "email" = $1', 'SELECT users'],
    ['INSERT INTO "public"."projects" ("id") VALUES ($1)', 'INSERT projects'],
    ['update users set name = $1', 'UPDATE users'],
    ["BEGIN; SELECT set_current_tenant('x') FROM somewhere", 'BEGIN'],
    ['COMMIT', 'COMMIT'],
    ["SELECT 'a secret'", 'SELECT'],
  ])('of %j is "%s": its name, or its operation and table', (statement, summary) => {
    expect(summaryOf(statement)).toBe(summary);
  });
});

describe('the hook around every round trip', () => {
  let database: TestDatabase;
  let db: Database;
  let seen: string[];
  beforeAll(async () => {
    database = await createTestDatabase(inject('superuserUrl'));
    db = new Database({
      appUrl: database.urls.app,
      systemUrl: database.urls.system,
      around: async (summary, run) => {
        seen.push(summary);
        return run();
      },
    });
  });
  beforeEach(() => {
    seen = [];
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });
  const tenantId = '00000000-0000-4000-8000-000000000001';

  it('wraps batches, single queries and transactions, of one tenant and across tenants', async () => {
    await runAsTenant(tenantId, () => db.tenantBatch([{ text: 'SELECT 1', name: 'one' }, { text: 'SELECT 2' }]));
    await runAsTenant(tenantId, () => db.tenant.user.findMany());
    await db.systemQuery('SELECT 1 FROM tenants');
    expect(seen).toEqual(['one, SELECT', 'SELECT users', 'SELECT tenants']);
    seen = [];
    await runAsTenant(tenantId, () => db.tenantTx((tx) => tx.user.count()));
    expect(seen).toEqual(['BEGIN', 'SELECT users', 'COMMIT']);
    seen = [];
    await db.systemTx((tx) => tx.user.count());
    expect(seen).toEqual(expect.arrayContaining(['BEGIN', 'SELECT users', 'COMMIT']));
  });

  it('is removed from a connection when its transaction ends', async () => {
    for (let i = 0; i < 3; i += 1) {
      seen = [];
      await db.systemTx((tx) => tx.user.count());
      expect(seen.filter((summary) => summary === 'SELECT users')).toHaveLength(1);
    }
  });

  it('passes errors on unchanged', async () => {
    await expect(db.systemQuery('SELECT no_such_column')).rejects.toThrow('no_such_column');
    await expect(runAsTenant(tenantId, () => db.tenantBatch([{ text: 'SELECT wrong' }]))).rejects.toThrow('wrong');
  });

  it('reports the idle and waiting connections of each pool', async () => {
    await db.systemQuery('SELECT 1');
    const { app, system } = db.poolUse();
    expect(system).toMatchObject({ waiting: 0 });
    expect(system.connections).toBeGreaterThan(0);
    expect(system.idle).toBe(system.connections);
    expect(app.waiting).toBe(0);
  });
});
