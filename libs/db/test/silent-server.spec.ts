import { Database } from '../src/database.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAsTenant } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows } from './tenant-rows.js';
import { wireProxy } from './wire-proxy.js';

let opened: Awaited<ReturnType<typeof openDatabase>>;
beforeAll(async () => {
  opened = await openDatabase();
});

describe('given an answered batch', () => {
  it('then no timer is left that could disturb the next user of the connection', async () => {
    const { id } = await createTenantRows(opened.db, 'answered');
    const db = new Database({
      appUrl: opened.urls.app,
      systemUrl: opened.urls.system,
      poolSize: 1,
      statementTimeoutMs: 200,
    });
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    await runAsTenant(id, () => db.tenantBatch([{ text: 'SELECT 1' }]));
    const before = timers();
    for (let i = 0; i < 20; i += 1) await runAsTenant(id, () => db.tenantBatch([{ text: 'SELECT 1' }]));
    expect(timers()).toBeLessThanOrEqual(before + 1);
    await db.close();
  });
});

describe('given a server that has gone silent on an open connection', () => {
  it('then every kind of query fails within its time limit, and works again when the server answers', async () => {
    const { id } = await createTenantRows(opened.db, 'silent');
    const proxy = await wireProxy(opened.urls.app);
    const db = new Database({
      appUrl: proxy.through(opened.urls.app),
      systemUrl: proxy.through(opened.urls.system),
      poolSize: 1,
      systemPoolSize: 1,
      statementTimeoutMs: 300,
    });
    afterAll(async () => {
      proxy.release();
      await db.close();
    });
    const ways = {
      batch: () => runAsTenant(id, () => db.tenantBatch([{ text: 'SELECT 1' }])),
      query: () => runAsTenant(id, () => db.tenant.user.count()),
      transaction: () => runAsTenant(id, () => db.tenantTx((tx) => tx.user.count())),
      system: () => db.systemQuery('SELECT 1'),
    };
    for (const ask of Object.values(ways)) {
      await ask();
      proxy.hold();
      await expect(ask()).rejects.toThrow(/timeout|closed|terminated|not queryable|unable to start/i);
      proxy.release();
      await expect(ask()).resolves.toBeDefined();
    }
  });
});
