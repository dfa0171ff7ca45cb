import { describe, expect, it } from 'vitest';
import { tenantStore, type TenantContext } from '../src/tenant-context.js';
import { openDatabase } from './open-database.js';
import { createTenantRows } from './tenant-rows.js';

const { db } = await openDatabase();
const tenant = await createTenantRows(db, 'one');
const project = (name: string) => ({ data: { tenantId: tenant.id, ownerId: tenant.userId, name } });
const within = <T>(context: TenantContext, work: () => Promise<T>) =>
  tenantStore.run({ tenantId: tenant.id, ...context }, work);
const projects = async () =>
  (await db.system.project.findMany({ where: { tenantId: tenant.id }, select: { name: true } })).map((p) => p.name);

describe('given a context with beforeCommit', () => {
  it('then it runs in the same transaction, after the work', async () => {
    const seen: string[] = [];
    const answer = await within(
      {
        beforeCommit: async (tx) => {
          seen.push(...(await tx.project.findMany({ where: { name: 'work' } })).map((p) => p.name));
          await tx.project.create(project('hook'));
        },
      },
      () =>
        db.tenantTx(async (tx) => {
          await tx.project.create(project('work'));
          return 'answer';
        }),
    );

    expect([answer, seen]).toEqual(['answer', ['work']]);
    expect(await projects()).toEqual(expect.arrayContaining(['work', 'hook']));
  });

  it('when it fails, then the work is rolled back', async () => {
    const refused = within({ beforeCommit: () => Promise.reject(new Error('not now')) }, () =>
      db.tenantTx((tx) => tx.project.create(project('refused'))),
    );

    await expect(refused).rejects.toThrow('not now');
    expect(await projects()).not.toContain('refused');
  });

  it('when the work fails, then it does not run', async () => {
    let asked = false;
    const failing = within({ beforeCommit: async () => void (asked = true) }, () =>
      db.tenantTx(() => Promise.reject(new Error('the work'))),
    );

    await expect(failing).rejects.toThrow('the work');
    expect(asked).toBe(false);
  });
});
