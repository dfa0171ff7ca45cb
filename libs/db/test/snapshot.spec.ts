import { describe, expect, it } from 'vitest';
import type { SnapshotRead } from '../src/database.js';
import { runAsTenant } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows } from './tenant-rows.js';

const { db, connect } = await openDatabase();
const [ours, theirs] = [await createTenantRows(db, 'ours'), await createTenantRows(db, 'theirs')];
const asUs = <T>(work: () => Promise<T>) => runAsTenant(ours.id, work);
const emails = async (read: SnapshotRead) =>
  (await read('SELECT tenant_id, email FROM users ORDER BY email', [])).map((row) => [row['tenant_id'], row['email']]);

describe('a snapshot of a tenant', () => {
  it('shows the state at its beginning until it ends, and no other tenant', async () => {
    const atFirst = [[ours.id, 'owner@example.com']];
    const seen = await asUs(() =>
      db.tenantSnapshot(async (read) => {
        const before = await emails(read);
        for (const tenantId of [ours.id, theirs.id])
          await db.system.user.create({ data: { tenantId, email: 'late@example.com', name: 'Late' } });
        return [before, await emails(read)];
      }),
    );
    expect(seen).toEqual([atFirst, atFirst]);
    expect(await asUs(() => db.tenantSnapshot(emails))).toHaveLength(2);
  });

  it('accepts values, and returns them as JavaScript values', async () => {
    const text = 'SELECT id, created_at FROM users WHERE tenant_id = $1 AND id = $2';
    const rows = await asUs(() => db.tenantSnapshot((read) => read(text, [ours.id, ours.userId])));
    expect(rows).toEqual([{ id: ours.userId, created_at: expect.any(Date) as Date }]);
  });

  it('cannot change anything', async () => {
    const change = asUs(() => db.tenantSnapshot((read) => read('DELETE FROM users', [])));
    await expect(change).rejects.toMatchObject({ code: '25006' });
  });

  it('may last longer than the limit of one statement', async () => {
    const hurried = connect({ statementTimeoutMs: 200 });
    const pages = await asUs(() =>
      hurried.tenantSnapshot(async (read) => {
        for (let i = 0; i < 3; i += 1) await read('SELECT pg_sleep(0.1)', []);
        return emails(read);
      }),
    );
    expect(pages).not.toEqual([]);
    const slow = asUs(() => hurried.tenantSnapshot((read) => read('SELECT pg_sleep(60)', [])));
    await expect(slow).rejects.toMatchObject({ code: '57014' });
  });

  it('leaves a usable connection, even when its work fails', async () => {
    const single = connect({ poolSize: 1 });
    const failed = asUs(() =>
      single.tenantSnapshot(async (read) => {
        await emails(read);
        throw new Error('changed my mind');
      }),
    );
    await expect(failed).rejects.toThrow('changed my mind');
    await asUs(() =>
      single.tenant.user.update({
        where: { tenantId_id: { tenantId: ours.id, id: ours.userId } },
        data: { name: 'Written' },
      }),
    );
    expect(
      await asUs(() => single.tenantSnapshot((read) => read('SELECT FROM users WHERE name = $1', ['Written']))),
    ).toHaveLength(1);
  });

  it('needs a tenant', async () => {
    await expect(db.tenantSnapshot(emails)).rejects.toThrow('tenantSnapshot needs a tenant in the context');
  });
});
