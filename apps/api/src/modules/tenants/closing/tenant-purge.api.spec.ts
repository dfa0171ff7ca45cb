import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Database } from '@coditect/db/database';
import { withClient } from '@coditect/local-stack/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { waitingForLocks } from '#test/backends';
import { furnishedTenant, rowsOf } from '#test/furnished-tenant';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import { SeatLedger } from '#modules/licenses/ledger/seat-ledger';
import { DataExportFiles } from '../exports/data-export-files.js';
import { TenantPurge } from './tenant-purge.js';
import { tenantTables } from '../exports/tenant-tables.js';

const HOUR_MS = 3_600_000;

let api: TestApp;
let purge: TenantPurge;
beforeAll(async () => {
  api = await TestApp.start();
  purge = new TenantPurge(api.app.get(Database), api.app.get(SeatLedger), new DataExportFiles(api.config));
});
afterAll(() => api.stop());

const closeUntil = (id: string, deleteAfter: Date) =>
  api.db.system.tenant.update({ where: { id }, data: { status: 'closed', deleteAfter } });
const past = () => new Date(Date.now() - 1000);
const exists = async (id: string) => (await api.db.system.tenant.count({ where: { id } })) === 1;
const folderOf = (id: string) => path.join(api.config.exportsDir, id);

/** A tenant with every kind of data, inside and outside of the database. */
async function wholeTenant() {
  const tenant = await furnishedTenant(api);
  await api.db.system.licenseSession.updateMany({
    where: { tenantId: tenant.id },
    data: { status: 'released', endedAt: new Date(), endReason: 'released' },
  });
  await api.takeSeat(tenant.owner, { product: 'ide' });
  await api.db.system.deviceAuthorization.create({
    data: {
      deviceCodeHash: Buffer.from(tenant.id),
      userCode: tenant.id,
      clientName: 'CLI',
      intervalSeconds: 5,
      approvedTenantId: tenant.id,
      approvedUserId: tenant.userId,
      expiresAt: new Date(),
      status: 'approved',
    },
  });
  await mkdir(folderOf(tenant.id), { recursive: true });
  await writeFile(path.join(folderOf(tenant.id), 'export.zip'), 'PK');
  return tenant;
}
type Whole = Awaited<ReturnType<typeof wholeTenant>>;

async function everythingOf({ id, licenseId }: Whole) {
  const keys = await Promise.all(ledgerKeys(id, licenseId).map((key) => api.redis.exists(key)));
  return {
    rows: await rowsOf(api, id),
    devices: await api.db.system.deviceAuthorization.count({ where: { approvedTenantId: id } }),
    ledgerKeys: keys.filter((found) => found === 1).length,
    files: await readdir(folderOf(id)).catch(() => []),
  };
}
const NOTHING = { rows: {}, devices: 0, ledgerKeys: 0, files: [] };

describe('given a closed tenant whose grace period is over, with rows in every table', () => {
  it('when the purge runs, then no data of it is left, and another tenant keeps all its data', async () => {
    const [gone, other] = [await wholeTenant(), await wholeTenant()];
    expect(Object.keys((await everythingOf(gone)).rows).toSorted()).toEqual(
      tenantTables.map(({ name }) => name).toSorted(),
    );
    const before = await everythingOf(other);
    expect(before).toMatchObject({ devices: 1, ledgerKeys: 4, files: ['export.zip'] });
    await closeUntil(gone.id, past());
    expect(await purge.run()).toBe(1);
    expect(await everythingOf(gone)).toEqual(NOTHING);
    expect(await everythingOf(other)).toEqual(before);
    expect(await purge.run()).toBe(0);
  });

  it('when it has more rows than one batch, then all of them are deleted', async () => {
    const gone = await wholeTenant();
    await api.db.systemQuery(
      `INSERT INTO denials (tenant_id, id, user_id, machine_id, reason)
       SELECT $1, gen_random_uuid(), gen_random_uuid(), 'm', 'no_seats_available' FROM generate_series(1, 12000)`,
      [gone.id],
    );
    await api.db.systemQuery(
      `INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, action, resource_type)
       SELECT $1, now() - make_interval(mins => n % 3), gen_random_uuid(), 'system', 'x.y', 'x'
       FROM generate_series(1, 12000) AS n`,
      [gone.id],
    );
    await closeUntil(gone.id, past());
    expect(await purge.run()).toBe(1);
    expect(await everythingOf(gone)).toEqual(NOTHING);
  });

  it('when the purge runs twice at once, then the tenant is deleted once, and neither run fails', async () => {
    const gone = await Promise.all([wholeTenant(), wholeTenant(), wholeTenant()]);
    for (const { id } of gone) await closeUntil(id, past());
    const counts = await Promise.all([purge.run(), purge.run()]);
    expect(counts.reduce((sum, n) => sum + n)).toBe(3);
    for (const tenant of gone) expect(await everythingOf(tenant)).toEqual(NOTHING);
  });

  it('when the purge fails halfway, then the next run continues, and other tenants do not wait for it', async () => {
    const [stuck, gone] = [await wholeTenant(), await wholeTenant()];
    await closeUntil(stuck.id, new Date(Date.now() - HOUR_MS));
    await closeUntil(gone.id, past());
    await withClient(api.stack.database.urls.owner, async (owner) => {
      await owner.query('BEGIN');
      await owner.query('SELECT FROM projects WHERE tenant_id = $1 FOR UPDATE', [stuck.id]);
      await expect(purge.run()).rejects.toThrow('1 of 2 tenants could not be deleted');
      await owner.query('ROLLBACK');
    });
    expect(await exists(stuck.id)).toBe(true);
    const { rows } = await everythingOf(stuck);
    expect(rows['denials']).toBeUndefined();
    expect(rows['users']).toHaveLength(1);
    expect(await everythingOf(gone)).toEqual(NOTHING);
    expect(await purge.run()).toBe(1);
    expect(await everythingOf(stuck)).toEqual(NOTHING);
  });

  it('when it is reopened while the purge begins, then it keeps all its data', async () => {
    const kept = await wholeTenant();
    await closeUntil(kept.id, past());
    const { rows: before } = await everythingOf(kept);
    await withClient(api.stack.database.urls.owner, async (owner) => {
      await owner.query('BEGIN');
      await owner.query(`UPDATE tenants SET status = 'active', delete_after = NULL WHERE id = $1`, [kept.id]);
      const running = purge.run();
      await expect.poll(() => waitingForLocks(api, 'license_system')).toBe(1);
      await owner.query('COMMIT');
      expect(await running).toBe(0);
    });
    const { rows } = await everythingOf(kept);
    expect({ ...rows, tenants: [] }).toEqual({ ...before, tenants: [] });
  });
});

describe('the purge leaves alone', () => {
  it.each([
    ['a tenant that is active', { status: 'active' }],
    ['a tenant that is suspended', { status: 'suspended' }],
    ['a closed tenant in its grace period', { status: 'closed', deleteAfter: new Date(Date.now() + HOUR_MS) }],
    ['a closed tenant without a day of deletion', { status: 'closed', deleteAfter: null }],
  ] as const)('%s', async (_what, data) => {
    const tenant = await wholeTenant();
    await api.db.system.tenant.update({ where: { id: tenant.id }, data });
    const before = await everythingOf(tenant);
    expect(await purge.run()).toBe(0);
    expect(await everythingOf(tenant)).toEqual(before);
  });
});

describe('the function that deletes audit entries', () => {
  const callAs = (role: 'app' | 'system', id: string) =>
    withClient(api.stack.database.urls[role], async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT set_current_tenant($1)', [id]);
      const { rows } = await client.query<{ n: number }>('SELECT purge_tenant_audit($1, 100) AS n', [id]);
      await client.query('ROLLBACK');
      return rows[0]?.n;
    });

  it('refuses every role for a tenant that is not due', async () => {
    const { id } = await furnishedTenant(api);
    await expect(callAs('system', id)).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining(id) as string,
    });
    await closeUntil(id, new Date(Date.now() + HOUR_MS));
    await expect(callAs('system', id)).rejects.toMatchObject({ code: '42501' });
    await closeUntil(id, past());
    expect(await callAs('system', id)).toBe(1);
    await expect(callAs('app', id)).rejects.toMatchObject({ code: '42501' });
  });

  it('deletes nothing for a tenant that does not exist any more', async () => {
    expect(await callAs('system', '00000000-0000-7000-8000-000000000000')).toBe(0);
  });
});
