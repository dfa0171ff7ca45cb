import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';

const LIMIT = 3;

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  await api.db.system.plan.update({ where: { tier: 'free' }, data: { maxProjects: LIMIT } });
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  await api.db.system.tenant.update({ where: { id: tenant.id }, data: { planTier: 'free' } });
});

const create = async () => api.post('projects', { name: 'Apollo' }, tenant.member.accessToken);
const change = async (id: string, verb: 'archive' | 'restore') =>
  api.post(`projects/${id}/${verb}`, {}, tenant.member.accessToken);
const active = () => api.db.system.project.count({ where: { tenantId: tenant.id, status: 'active' } });
const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);

/** Archived projects, more than the quota has room for. */
async function archived(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { id } = (await create()).body as { id: string };
    await change(id, 'archive');
    ids.push(id);
  }
  return ids;
}

describe('given a plan with room for three projects', () => {
  it('when 20 are created at once, then three succeed, and the others get the limit and the use', async () => {
    const answers = await times(20, create);
    expect(statuses(answers)).toEqual([...Array(3).fill(201), ...Array(17).fill(403)]);
    expect(await active()).toBe(LIMIT);
    for (const { body } of answers.filter(({ status }) => status === 403))
      expect(body).toMatchObject({ code: 'quota_exceeded', quota: 'max_projects', limit: LIMIT, used: LIMIT });
    expect(await api.db.system.auditLog.count({ where: { tenantId: tenant.id, action: 'project.created' } })).toBe(3);
  });

  it('when 10 archived ones are restored at once, then three succeed', async () => {
    const ids = await archived(10);
    const answers = await times(10, (i) => change(ids[i]!, 'restore'));
    expect(statuses(answers)).toEqual([...Array(3).fill(200), ...Array(7).fill(403)]);
    expect(await active()).toBe(LIMIT);
    expect(answers.find(({ status }) => status === 403)!.body.code).toBe('quota_exceeded');
  });

  it('when creating and restoring race, then three succeed in all', async () => {
    const ids = await archived(8);
    const answers = await times(16, (i) => (i % 2 ? create() : change(ids[i / 2]!, 'restore')));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(LIMIT);
    expect(await active()).toBe(LIMIT);
  });

  it('when the last place is taken by restoring one project ten times at once, then all ten return it as active', async () => {
    const [id] = await archived(1);
    await times(LIMIT - 1, create);
    expect(statuses(await times(10, () => change(id!, 'restore')))).toEqual(Array(10).fill(200));
    expect(await active()).toBe(LIMIT);
    expect(await api.auditOf(id!, 'project.restored')).toHaveLength(1);
  });

  it('when it is full, then archiving or deleting one makes room, and active projects stay', async () => {
    const [first, second] = (await times(LIMIT, create)).map(({ body }) => (body as { id: string }).id);
    expect((await create()).status).toBe(403);
    expect((await change(first!, 'restore')).status).toBe(200);
    expect((await change(first!, 'archive')).status).toBe(200);
    expect((await create()).status).toBe(201);
    expect((await change(first!, 'restore')).body.code).toBe('quota_exceeded');
    await api
      .http()
      .delete(`/api/v1/projects/${second}`)
      .set('authorization', `Bearer ${tenant.admin.accessToken}`)
      .expect(204);
    expect((await change(first!, 'restore')).status).toBe(200);
  });

  it('when the plan was lowered, then existing projects stay and can be changed', async () => {
    await times(LIMIT, create);
    await api.db.system.plan.update({ where: { tier: 'free' }, data: { maxProjects: 1 } });
    try {
      const { body } = await create();
      expect(body).toMatchObject({ code: 'quota_exceeded', limit: 1, used: LIMIT });
      expect(await active()).toBe(LIMIT);
    } finally {
      await api.db.system.plan.update({ where: { tier: 'free' }, data: { maxProjects: LIMIT } });
    }
  });

  it('when one is restored while seats are granted, then neither waits for the other', async () => {
    const [id] = await archived(1);
    await api.db.systemTx(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM tenants WHERE id = ${tenant.id}::uuid FOR SHARE`; // every grant of a seat takes this lock
      expect((await change(id!, 'restore')).status).toBe(200);
    });
  });

  it('when another tenant is full, then this one is not', async () => {
    await times(LIMIT, create);
    const other = await api.factory.tenant();
    await api.post('projects', { name: 'Free' }, other.member.accessToken).expect(201);
  });
});
