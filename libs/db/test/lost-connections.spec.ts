import { withClient } from '@coditect/local-stack/database';
import type { QueryResultRow } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { Database } from '../src/database.js';
import { runAsTenant } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows } from './tenant-rows.js';
import { wireProxy } from './wire-proxy.js';

const { db: direct, urls, superuserUrl, connect } = await openDatabase();
const tenants = await Promise.all(['one', 'two', 'three'].map((slug) => createTenantRows(direct, slug)));
const [first, second] = tenants as [(typeof tenants)[0], (typeof tenants)[0]];
const proxy = await wireProxy(urls.app);

const asSuperuser = <Row extends QueryResultRow>(text: string) =>
  withClient(superuserUrl, async (superuser) => (await superuser.query<Row>(text)).rows);
const OURS = `usename = 'license_app' AND datname = current_database()`;
const terminateAll = () => asSuperuser(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${OURS}`);
// If the process did not survive a lost connection, these tests would fail with an unhandled error.
const WAYS = { 'terminated by an operator': terminateAll, 'cut without notice': async () => proxy.cut() };

// While a statement runs, the server does not notice a cut and keeps its locks.
afterEach(terminateAll);

const PATIENCE_MS = 10_000;
const SLEEP = 'SELECT pg_sleep(60)::text';
/** Waits until this many connections run the sleeping statement. */
async function sleeping(count: number): Promise<void> {
  const asleep = () => asSuperuser(`SELECT FROM pg_stat_activity WHERE ${OURS} AND wait_event = 'PgSleep'`);
  await expect.poll(asleep, { interval: 5, timeout: PATIENCE_MS }).toHaveLength(count);
}

const isBack = (db: Database) =>
  runAsTenant(first.id, async () => (await db.tenant.user.count()) === 1).catch(() => false);

/** Expects an intact pool: as many tenants at once as it has connections, each with its own rows. */
async function expectRecovered(db: Database): Promise<void> {
  const seen = await Promise.all(
    tenants.map(({ id }) =>
      runAsTenant(id, () => db.tenantTx((tx) => tx.user.findMany({ select: { tenantId: true } }))),
    ),
  );
  expect(seen).toEqual(tenants.map(({ id }) => [{ tenantId: id }]));
  expect(await db.tenant.user.count()).toBe(0);
}

describe.each(Object.keys(WAYS) as (keyof typeof WAYS)[])('a connection %s', (way) => {
  const pool = () => connect({ appUrl: proxy.through(urls.app), poolSize: 2 });
  const lose = WAYS[way];

  it('while idle is replaced', async () => {
    const db = pool();
    await expectRecovered(db);

    await lose();

    await expect.poll(() => isBack(db), { timeout: PATIENCE_MS }).toBe(true);
    await expectRecovered(db);
  });

  it.each([
    [
      'a batch',
      (db: Database) => db.tenantBatch([{ text: `UPDATE projects SET description = 'lost'` }, { text: SLEEP }]),
    ],
    ['a query of Prisma', (db: Database) => db.tenant.$queryRawUnsafe(SLEEP)],
    [
      'a transaction',
      (db: Database) =>
        db.tenantTx(async (tx) => {
          await tx.project.updateMany({ data: { description: 'lost' } });
          await tx.$queryRawUnsafe(SLEEP);
        }),
    ],
  ])('during %s fails it, undoes its work, and is replaced', async (_what, work) => {
    const db = pool();
    const running = [first, second].map(({ id }) =>
      runAsTenant<unknown>(id, () => work(db)).then(
        () => 'answered',
        () => 'failed',
      ),
    );
    const waiting = runAsTenant(second.id, () => db.tenant.user.findMany({ select: { tenantId: true } }));
    await sleeping(2);

    await lose();

    expect(await Promise.all(running)).toEqual(['failed', 'failed']);
    expect(await waiting).toEqual([{ tenantId: second.id }]);
    expect(await direct.system.project.count({ where: { description: 'lost' } })).toBe(0);
    await expectRecovered(db);
  });

  it('between two statements of a transaction fails the second one', async () => {
    const db = pool();
    const running = runAsTenant(first.id, () =>
      db.tenantTx(async (tx) => {
        await tx.project.updateMany({ data: { description: 'lost' } });
        await lose();
        await tx.user.count();
      }),
    );

    await expect(running).rejects.toBeInstanceOf(Error);
    expect(await direct.system.project.count({ where: { description: 'lost' } })).toBe(0);
    await expectRecovered(db);
  });
});

it('a commit whose answer is lost is reported as an error, although the server has committed', async () => {
  const db = connect({ appUrl: proxy.through(urls.app), poolSize: 1 });
  await runAsTenant(first.id, () => db.tenant.user.count());
  proxy.hold();
  const committed = Promise.allSettled([
    runAsTenant(first.id, () => db.tenantBatch([{ text: `UPDATE projects SET description = 'kept'` }])),
  ]);
  await proxy.held();

  proxy.cut();

  expect(await committed).toMatchObject([{ reason: { message: 'Connection terminated unexpectedly' } }]);
  proxy.release();
  expect(await direct.system.project.count({ where: { description: 'kept' } })).toBe(1);
  await expectRecovered(db);
});

it('a database that is down is reported within the connect timeout, and used again when it is back', async () => {
  const nobody = await wireProxy(urls.app);
  const db = connect({ appUrl: nobody.through(urls.app), poolSize: 2, connectTimeoutMs: 500 });
  nobody.hold(); // the server is reached, but its ready message never arrives

  await expect(runAsTenant(first.id, () => db.tenantBatch([{ text: 'SELECT 1' }]))).rejects.toThrow(/timeout/);
  await expect(runAsTenant(first.id, () => db.tenantTx((tx) => tx.user.count()))).rejects.toThrow(/timeout/i);
  nobody.release();

  await expect.poll(() => isBack(db), { timeout: PATIENCE_MS }).toBe(true);
  await expectRecovered(db);
});
