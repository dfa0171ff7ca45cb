import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../test/open-database.js';
import { createTenantRows, type TenantRows } from '../test/tenant-rows.js';
import type { Database } from './database.js';
import { keepQueryContext } from './query-context.js';
import { runAsTenant } from './tenant-context.js';

let db: Database;
let tenants: TenantRows[];
beforeAll(async () => {
  ({ db } = await openDatabase());
  tenants = await Promise.all(Array.from({ length: 8 }, (_, i) => createTenantRows(db, `tick-${i}`)));
});
afterAll(() => db.close());

/** All tenants query in one tick, because Prisma collects the queries of one tick. */
const inOneTick = <T>(ask: (tenant: TenantRows) => Promise<T>) =>
  Promise.all(tenants.map((tenant) => runAsTenant(tenant.id, () => ask(tenant))));

describe('given queries of several tenants in one tick', () => {
  it('when each looks up its row by a unique key, then each finds its own', async () => {
    const found = await inOneTick(({ id, userId }) =>
      db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: id, id: userId } } }),
    );
    expect(found.map((user) => user?.id)).toEqual(tenants.map(({ userId }) => userId));
  });

  it('when they run lists of queries without a condition, then each sees only its own rows', async () => {
    const found = await inOneTick(async () => (await db.tenant.$transaction([db.tenant.user.findMany()]))[0]);
    expect(found.map((users) => users.map(({ id }) => id))).toEqual(tenants.map(({ userId }) => [userId]));
  });

  it('when they ask for rows of each other, then they find none', async () => {
    const [first] = tenants;
    const found = await inOneTick(() =>
      db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: first!.id, id: first!.userId } } }),
    );
    expect(found.map((user) => user?.id)).toEqual([first!.userId, ...tenants.slice(1).map(() => undefined)]);
  });

  it('when one has no tenant, then it sees nothing', async () => {
    const asTenant = inOneTick(({ id, userId }) =>
      db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: id, id: userId } } }),
    );
    const [{ id, userId }] = tenants as [TenantRows];
    const asNobody = db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: id, id: userId } } });
    expect(await asNobody).toBeNull();
    expect((await asTenant).every((user) => user !== null)).toBe(true);
  });
});

it('given a Prisma client with other internals, then the wrapper refuses it', () => {
  expect(() => keepQueryContext({ _requestHandler: {} })).toThrow('decision record 0007');
});
