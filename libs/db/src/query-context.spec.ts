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

/** All tenants ask in one tick, which is when Prisma collects queries. */
const inOneTick = <T>(ask: (tenant: TenantRows) => Promise<T>) =>
  Promise.all(tenants.map((tenant) => runAsTenant(tenant.id, () => ask(tenant))));

describe('queries of several tenants made in one tick', () => {
  it('find their own row each, by its unique key', async () => {
    const found = await inOneTick(({ id, userId }) =>
      db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: id, id: userId } } }),
    );
    expect(found.map((user) => user?.id)).toEqual(tenants.map(({ userId }) => userId));
  });

  it('see their own rows only, in a list of queries without any condition', async () => {
    const found = await inOneTick(async () => (await db.tenant.$transaction([db.tenant.user.findMany()]))[0]);
    expect(found.map((users) => users.map(({ id }) => id))).toEqual(tenants.map(({ userId }) => [userId]));
  });

  it('do not find rows of one another', async () => {
    const [first] = tenants;
    const found = await inOneTick(() =>
      db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: first!.id, id: first!.userId } } }),
    );
    expect(found.map((user) => user?.id)).toEqual([first!.userId, ...tenants.slice(1).map(() => undefined)]);
  });

  it('see nothing where nobody is known', async () => {
    const asTenant = inOneTick(({ id, userId }) =>
      db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: id, id: userId } } }),
    );
    const [{ id, userId }] = tenants as [TenantRows];
    const asNobody = db.tenant.user.findUnique({ where: { tenantId_id: { tenantId: id, id: userId } } });
    expect(await asNobody).toBeNull();
    expect((await asTenant).every((user) => user !== null)).toBe(true);
  });
});

it('refuses a Prisma that is built in another way', () => {
  expect(() => keepQueryContext({ _requestHandler: {} })).toThrow('decision record 0007');
});
