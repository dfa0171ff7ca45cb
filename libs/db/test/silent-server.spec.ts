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

describe('a server that has gone silent on an open connection', () => {
  it('fails each way to ask it within the time given, and is used again once it answers', async () => {
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
      await expect(ask()).rejects.toThrow();
      proxy.release();
      await expect(ask()).resolves.toBeDefined();
    }
  });
});
