import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rows, statement } from '../src/batch-query.js';
import type { Database } from '../src/database.js';
import { runAsTenant, tenantStore } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows, type TenantRows } from './tenant-rows.js';

const TENANTS = 10;
const OPERATIONS = 1_000;
const AT_ONCE = 12; // more than there are connections, so that each connection changes hands

const { db: direct, connect } = await openDatabase();
const tenants = await Promise.all(Array.from({ length: TENANTS }, (_, i) => createTenantRows(direct, `tenant-${i}`)));
const expectedError = (promise: Promise<unknown>) => expect(promise).rejects.toBeInstanceOf(Error);
const ids = (rows: { tenantId: string }[]) => rows.map(({ tenantId }) => tenantId);
const select = { tenantId: true };
const USERS = statement<{ tenant_id: string }>({ text: 'SELECT tenant_id FROM users' });
const users = ({ rows }: Rows<{ tenant_id: string }>) => rows.map((row) => row.tenant_id);

/** What a request may do to its connection, good or bad. Each operation returns the tenants of the rows it saw. */
const OPERATIONS_OF_A_TENANT = {
  'query of Prisma': async (db: Database) => ids(await db.tenant.user.findMany({ select })),
  'query with relations': async (db: Database) => {
    const found = await db.tenant.licenseSession.findMany({ include: { user: true, license: true, machine: true } });
    return ids(found.flatMap((row) => [row, row.user, row.license, row.machine])).slice(3);
  },
  'raw SQL': async (db: Database) => ids(await db.tenant.$queryRaw`SELECT tenant_id AS "tenantId" FROM users`),
  batch: async (db: Database) => {
    const [first, second] = await db.tenantBatch([
      { ...USERS, name: 'users' },
      { ...USERS, text: 'SELECT tenant_id FROM machines' },
    ]);
    expect(users(second)).toEqual(users(first));
    return users(first);
  },
  transaction: (db: Database, { id }: TenantRows) =>
    db.tenantTx(async (tx) => {
      await tx.project.updateMany({ data: { description: id } });
      return ids(await tx.user.findMany({ select }));
    }),
  snapshot: (db: Database) =>
    db.tenantSnapshot(async (read) => (await read(USERS.text, [])).map((row) => String(row['tenant_id']))),
  'list of queries': async (db: Database) =>
    ids((await db.tenant.$transaction([db.tenant.user.findMany({ select })]))[0]),
  'error in SQL': async (db: Database) => {
    await expectedError(db.tenant.$queryRaw`SELECT 1 / 0`);
    return ids(await db.tenant.user.findMany({ select }));
  },
  'error of syntax': async (db: Database) => {
    await expectedError(db.tenant.$queryRawUnsafe('SELEC 1'));
    return users((await db.tenantBatch([USERS]))[0]);
  },
  'batch that fails': async (db: Database) => {
    const description = { text: `UPDATE projects SET description = 'lost'`, name: 'describe' };
    await expectedError(
      db.tenantBatch([{ text: `SELECT 1 AS ${'x'.repeat(40)}` }, description, { text: 'SELECT 1 / 0' }]),
    );
    return users((await db.tenantBatch([{ ...USERS, name: 'users' }]))[0]);
  },
  'batch out of time': async (db: Database) => {
    const limit = { text: `SELECT set_config('statement_timeout', '5', true)` };
    await expectedError(db.tenantBatch([limit, { text: 'SELECT pg_sleep(60)' }]));
    return ids(await db.tenant.user.findMany({ select }));
  },
  'transaction rolled back': async (db: Database, { id }: TenantRows) => {
    let seen: string[] = [];
    const rolledBack = db.tenantTx(async (tx) => {
      await tx.user.create({ data: { tenantId: id, email: 'nobody@example.com', name: 'Nobody' } });
      seen = ids(await tx.user.findMany({ select, distinct: ['tenantId'] }));
      throw new Error('changed my mind');
    });
    await expectedError(rolledBack);
    return seen;
  },
  'transaction after an error': async (db: Database) => {
    const failed = db.tenantTx(async (tx) => {
      await tx.$queryRaw`SELECT 1 / 0`.catch(() => {});
      await tx.user.count(); // 25P02: the transaction is aborted
    });
    await expectedError(failed);
    return ids(await db.tenant.user.findMany({ select }));
  },
  'transaction out of time': async (db: Database) => {
    const slow = db.tenantTx(async (tx) => {
      await tx.$executeRawUnsafe(`SET LOCAL statement_timeout = 5`);
      await tx.$queryRaw`SELECT pg_sleep(60)::text`;
    });
    await expectedError(slow);
    return ids(await db.tenant.user.findMany({ select }));
  },
  'foreign write': async (db: Database, { id }: TenantRows) => {
    const victim = tenants.find((tenant) => tenant.id !== id)!;
    await expectedError(
      db.tenant.project.create({ data: { tenantId: victim.id, ownerId: victim.userId, name: 'Planted' } }),
    );
    return ids(await db.tenant.project.findMany({ select }));
  },
  'tenant set for the whole connection': async (db: Database, { id }: TenantRows) => {
    const victim = tenants.find((tenant) => tenant.id !== id)!;
    await db.tenant.$queryRaw`SELECT set_config('app.current_tenant_id', ${victim.id}, false)`;
    return ids(await db.tenant.user.findMany({ select }));
  },
  'transaction left open': async (db: Database) => {
    await expectedError(db.tenant.$executeRawUnsafe('BEGIN'));
    return ids(await db.tenant.user.findMany({ select }));
  },
  'connection lost': async (db: Database) => {
    await expectedError(db.tenantBatch([{ text: 'SELECT pg_terminate_backend(pg_backend_pid())' }, USERS]));
    return ids(await db.tenant.user.findMany({ select }));
  },
};
type Kind = keyof typeof OPERATIONS_OF_A_TENANT;
const KINDS = Object.keys(OPERATIONS_OF_A_TENANT) as Kind[];

/** Runs without a tenant, between the others, and returns what it sees. */
async function seenByNobody(db: Database): Promise<string[]> {
  const bare = await db.tenant.user.findMany({ select });
  const empty = await tenantStore.run(
    {},
    async () => await db.tenant.$transaction((tx) => tx.machine.findMany({ select })),
  );
  return ids([...bare, ...empty]);
}

async function runOne(db: Database, tenant: TenantRows, kind: Kind): Promise<void> {
  const seen = await runAsTenant(tenant.id, () => OPERATIONS_OF_A_TENANT[kind](db, tenant));
  expect({ kind, seen }).toEqual({ kind, seen: [tenant.id] });
}

/** Returns what is wrong afterwards: rows visible without a context on any connection, or rows never committed. */
async function leftBehind(db: Database, connections: number) {
  const seen = await Promise.all(Array.from({ length: connections * 4 }, () => seenByNobody(db)));
  const projects = await direct.system.project.findMany();
  const wrong = projects.filter((row) => row.name !== 'Project' || !['', row.tenantId].includes(row.description));
  return { seen: seen.flat(), wrong, projects: projects.length, users: await direct.system.user.count() };
}
const NOTHING = { seen: [], wrong: [], projects: TENANTS, users: TENANTS };

describe('a connection of the pool', () => {
  it(`carries no tenant over: ${OPERATIONS} operations of ${TENANTS} tenants on two connections`, async () => {
    const db = connect({ poolSize: 2 });
    const step = fc.record({ tenant: fc.constantFrom(...tenants), kind: fc.constantFrom(...KINDS) });
    const operations = fc.array(step, { minLength: OPERATIONS, maxLength: OPERATIONS, size: 'max' });

    await fc.assert(
      fc.asyncProperty(operations, async (steps) => {
        const queue = steps.values();
        const worker = async () => {
          for (const { tenant, kind } of queue) {
            await runOne(db, tenant, kind);
            expect(await db.tenant.user.findMany({ select })).toEqual([]);
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, worker));
      }),
      { numRuns: 1, endOnFailure: true },
    );

    expect(await leftBehind(db, 2)).toEqual(NOTHING);
  });

  it.each(KINDS)('carries no tenant over from "%s" to any other, on the only one there is', async (kind) => {
    const db = connect({ poolSize: 1 });
    for (const [i, following] of KINDS.entries()) {
      await runOne(db, tenants[i % TENANTS]!, kind);
      await runOne(db, tenants[(i + 1) % TENANTS]!, following);
      await runOne(db, tenants[(i + 2) % TENANTS]!, kind);
      expect({ kind, following, seen: await seenByNobody(db) }).toEqual({ kind, following, seen: [] });
    }
    expect(await leftBehind(db, 1)).toEqual(NOTHING);
  });
});
