import { setImmediate as turn } from 'node:timers/promises';
import { withClient } from '@coditect/local-stack/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../test/open-database.js';
import { createTenantRows } from '../test/tenant-rows.js';
import { wireProxy } from '../test/wire-proxy.js';
import type { Statement } from './batch-query.js';
import type { Database } from './database.js';
import { runAsTenant } from './tenant-context.js';

const { db: direct, urls, connect } = await openDatabase();
const tenant = await createTenantRows(direct, 'one');
const other = await createTenantRows(direct, 'two');
const proxy = await wireProxy(urls.app);
const through = { appUrl: proxy.through(urls.app), poolSize: 1 };

const as = <T>(work: () => PromiseLike<T>) => runAsTenant(tenant.id, work);
const batch = (db: Database, ...statements: Statement[]) => as(() => db.tenantBatch(statements));
const value = async (db: Database, statement: Statement) =>
  Object.values<unknown>(Object((await batch(db, statement))[0]?.rows[0]))[0];
const FAILURE: Statement = { text: 'SELECT 1 / 0' };
const parsed = () =>
  proxy.messages().flatMap(({ from, type, name }) => (from === 'client' && type === 'P' ? [name] : []));

beforeEach(() => proxy.clear());

describe('a named statement', () => {
  const named = (i: number): Statement => ({ text: `SELECT ${i} + $1::int`, values: [1], name: `plus_${i}` });

  it('is prepared once on a connection, and then reused', async () => {
    const db = connect(through);

    expect(await value(db, named(1))).toBe(2);
    expect(parsed()).toEqual(['set_current_tenant', 'plus_1']);
    proxy.clear();
    expect(await value(db, { ...named(1), values: [41] })).toBe(42);
    expect(await batch(db, named(1), named(1))).toHaveLength(2);
    expect(parsed()).toEqual([]);
  });

  it('is prepared once in a batch that uses it twice', async () => {
    await batch(connect(through), named(1), named(1), named(1));

    expect(parsed()).toEqual(['set_current_tenant', 'plus_1']);
  });

  it.each([
    ['before the statement', [FAILURE, named(2), named(3)]],
    ['after the statement', [named(2), named(3), FAILURE]],
    ['between two statements', [named(2), FAILURE, named(3)]],
    ['in it', [{ text: 'SELECT 1 / $1::int', values: [0], name: 'division' }, named(2), named(3)]],
  ])('works after a batch that failed %s', async (_where, statements) => {
    const db = connect(through);
    await batch(db, named(1));

    await expect(batch(db, ...statements)).rejects.toMatchObject({ code: '22012' });

    for (const i of [1, 2, 3]) expect(await value(db, named(i))).toBe(i + 1);
    expect(await value(db, { text: 'SELECT 1 / $1::int', values: [1], name: 'division' })).toBe(1);
  });

  it('works on a connection that is reused before the server has rolled back', async () => {
    const db = connect(through);
    await batch(db, named(1));

    proxy.hold();
    const runs = Promise.allSettled([batch(db, FAILURE), batch(db, FAILURE, named(2))]);
    await proxy.held();
    await turn();
    proxy.release();
    expect((await runs).map(({ status }) => status)).toEqual(['rejected', 'rejected']);

    expect(await value(db, named(2))).toBe(3);
  });

  it('is refused when its name already stands for another text', async () => {
    const db = connect(through);
    await batch(db, named(1));

    await expect(batch(db, { text: 'SELECT 0', name: 'plus_1' })).rejects.toThrow('"plus_1" stands for two texts');
    await expect(batch(db, { text: 'SELECT 0', name: 'zero' }, { text: 'SELECT 0.0', name: 'zero' })).rejects.toThrow(
      '"zero" stands for two texts',
    );
    expect(await value(db, named(1))).toBe(2);
  });

  it.each([
    ['a migration changes its result type', `ALTER TABLE plans ADD note text`, '0A000'],
    ['the server forgets it', 'SELECT 1', '26000'],
  ])('fails once on a connection when %s, and is then prepared again', async (_when, migration, code) => {
    const db = connect(through);
    const star: Statement = { text: `SELECT * FROM plans WHERE tier = 'free'`, name: 'plan' };
    await batch(db, star);

    await withClient(urls.owner, (owner) => owner.query(migration));
    if (code === '26000') await batch(db, { text: 'DEALLOCATE plan' });

    await expect(batch(db, star)).rejects.toMatchObject({ code });
    expect((await batch(db, star))[0]?.rows).toHaveLength(1);
  });

  it('is sent without its name when named statements are off, as behind PgBouncer', async () => {
    const db = connect({ ...through, namedStatements: false });

    expect(await value(db, named(1))).toBe(2);
    expect(await value(db, named(1))).toBe(2);
    expect(await as(() => db.tenant.user.count())).toBe(1);

    expect(parsed().length).toBeGreaterThan(4);
    expect(new Set(parsed())).toEqual(new Set(['']));
  });
});

describe('a transaction', () => {
  it.each(['ReadUncommitted', 'ReadCommitted', 'RepeatableRead', 'Serializable'] as const)(
    'runs as the tenant at isolation level %s',
    async (isolationLevel) => {
      const db = connect({ poolSize: 1 });
      const seen = await as(() =>
        db.tenant.$transaction(
          async (tx) => ({
            level: await tx.$queryRaw`SELECT current_setting('transaction_isolation') AS level`,
            tenants: await tx.user.findMany({ select: { tenantId: true } }),
          }),
          { isolationLevel },
        ),
      );

      const level = isolationLevel.replace(/(?<=[a-z])(?=[A-Z])/, ' ').toLowerCase();
      expect(seen).toEqual({ level: [{ level }], tenants: [{ tenantId: tenant.id }] });
    },
  );

  it('cannot change its isolation level after its first query', async () => {
    const db = connect({ poolSize: 1 });
    const late = as(() =>
      db.tenantTx(async (tx) => {
        await tx.project.create({ data: { tenantId: tenant.id, ownerId: tenant.userId, name: 'Kept back' } });
        await tx.$executeRawUnsafe('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
      }),
    );

    await expect(late).rejects.toThrow('25001');
    expect(await direct.system.project.count({ where: { name: 'Kept back' } })).toBe(0);
  });

  it('returns its connection when it ends, even if it timed out while waiting for one', async () => {
    const db = connect({ poolSize: 1 });
    await as(() =>
      db.tenantTx(async () => {
        await expect(db.tenant.$transaction((tx) => tx.user.count(), { maxWait: 20 })).rejects.toThrow(
          'Unable to start a transaction in the given time',
        );
      }),
    );

    expect(await runAsTenant(other.id, () => db.tenantTx((tx) => tx.user.findMany({ select: { id: true } })))).toEqual([
      { id: other.userId },
    ]);
  });

  it('is rolled back when it runs out of time', async () => {
    const db = connect({ poolSize: 1 });
    const slow = as(() =>
      db.tenant.$transaction(
        async (tx) => {
          await tx.project.create({ data: { tenantId: tenant.id, ownerId: tenant.userId, name: 'Too slow' } });
          await tx.$queryRaw`SELECT pg_sleep(0.2)::text`;
        },
        { timeout: 50 },
      ),
    );

    await expect(slow).rejects.toThrow('expired transaction');
    expect(await as(() => db.tenant.project.count({ where: { name: 'Too slow' } }))).toBe(0);
    expect(await direct.system.project.count({ where: { name: 'Too slow' } })).toBe(0);
  });
});

describe('a statement that would change the state of the connection', () => {
  const create = (db: Database, name: string) =>
    as(() => db.tenant.project.create({ data: { tenantId: tenant.id, ownerId: tenant.userId, name } }));
  const committed = (name: string) => direct.system.project.count({ where: { name } });

  it.each([
    ['BEGIN', [{ text: 'BEGIN' }]],
    ['BEGIN, then an error', [{ text: 'BEGIN' }, FAILURE]],
    ['START TRANSACTION', [{ text: 'START TRANSACTION READ ONLY' }]],
  ])('%s fails, and the next write is committed', async (what, statements) => {
    const db = connect({ poolSize: 1 });

    await expect(batch(db, ...statements)).rejects.toBeInstanceOf(Error);
    await create(db, what);

    expect(await committed(what)).toBe(1);
  });

  it('BEGIN within a transaction does no harm: its writes are committed', async () => {
    const db = connect({ poolSize: 1 });
    await as(() =>
      db.tenantTx(async (tx) => {
        await tx.$executeRawUnsafe('BEGIN');
        await tx.project.create({ data: { tenantId: tenant.id, ownerId: tenant.userId, name: 'Twice' } });
      }),
    );

    expect(await committed('Twice')).toBe(1);
  });

  it('COPY FROM STDIN fails, and the next query works', async () => {
    const db = connect({ poolSize: 1 });

    await expect(batch(db, { text: 'CREATE TEMP TABLE t (a int)' }, { text: 'COPY t FROM STDIN' })).rejects.toThrow(
      'COPY FROM STDIN is not supported in a batch',
    );
    expect(await as(() => db.tenant.user.count())).toBe(1);
  });

  it('COPY TO STDOUT returns no rows, and the next query works', async () => {
    const db = connect({ poolSize: 1 });

    expect((await batch(db, { text: 'COPY (SELECT 1) TO STDOUT' }))[0]?.rows).toEqual([]);
    expect(await as(() => db.tenant.user.count())).toBe(1);
  });
});
