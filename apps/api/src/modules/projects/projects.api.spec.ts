import { randomUUID } from 'node:crypto';
import { Project } from '@coditect/contracts/projects';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

const as = (user: TestUser) => ({ authorization: `Bearer ${user.accessToken}` });
const create = (user: TestUser, body: object = { name: 'Flight software' }) =>
  api.post('projects', body, user.accessToken);
const projectOf = async (user: TestUser, body?: object) => (await create(user, body).expect(201)).body as Project;
const get = (id: string, user: TestUser) => api.get(`projects/${id}`, user.accessToken);
const patch = (id: string, user: TestUser, body: object) =>
  api.http().patch(`/api/v1/projects/${id}`).set(as(user)).send(body);
const archive = (id: string, user: TestUser) => api.post(`projects/${id}/archive`, {}, user.accessToken);
const restore = (id: string, user: TestUser) => api.post(`projects/${id}/restore`, {}, user.accessToken);
const remove = (id: string, user: TestUser) => api.http().delete(`/api/v1/projects/${id}`).set(as(user));

describe('when a project is created', () => {
  it('then the caller owns it, and it is active', async () => {
    const { body } = await create(tenant.member, { name: '  Flight software ', description: 'Guidance' }).expect(201);
    Project.strict().parse(body);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'Flight software',
      description: 'Guidance',
      status: 'active',
      owner: { id: tenant.member.id, email: tenant.member.email, name: tenant.member.name },
      archived_at: null,
      version: 1,
      created_at: expect.any(String),
      updated_at: body.created_at,
    });
    expect((await get(body.id, tenant.viewer).expect(200)).body).toEqual(body);
  });

  it('then its audit entry has the actor and the fields', async () => {
    const { id } = await projectOf(tenant.member, { name: 'Apollo' });
    expect(await api.auditOf(id)).toMatchObject([
      {
        action: 'project.created',
        resourceType: 'project',
        actorType: 'user',
        actorId: tenant.member.id,
        before: null,
        after: { name: 'Apollo', description: '', owner_id: tenant.member.id },
      },
    ]);
  });

  it('then another project may have the same name', async () => {
    const [first, second] = [await projectOf(tenant.member), await projectOf(tenant.member)];
    expect(second.id).not.toBe(first.id);
  });

  it.each([
    ['no name', {}, ['name']],
    ['a blank name', { name: '   ' }, ['name']],
    ['a name too long', { name: 'x'.repeat(101) }, ['name']],
    ['NUL in the description', { name: 'x', description: 'a\0b' }, ['description']],
    ['an owner', { name: 'x', owner_id: randomUUID() }, ['owner_id']],
    ['a name of two lines', { name: 'a\nb' }, ['name']],
    ['a name with an invisible character', { name: 'a\u200bb' }, ['name']],
  ])('then %s is refused: 422', async (_, body, paths) => {
    const answer = await create(tenant.member, body).expect(422);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual(paths);
  });
});

describe('when a project is changed', () => {
  it('then only differing fields are written and audited, and the version counts up', async () => {
    const { id } = await projectOf(tenant.member, { name: 'Apollo', description: 'Old' });
    api.advance(60);
    const { body } = await patch(id, tenant.member, { name: 'Apollo', description: 'New' }).expect(200);
    api.advance(-60);
    expect(body).toMatchObject({ name: 'Apollo', description: 'New', version: 2 });
    expect(Date.parse(body.updated_at) - Date.parse(body.created_at)).toBeGreaterThanOrEqual(60_000);
    expect((await get(id, tenant.member).expect(200)).body).toEqual(body);
    expect(await api.auditOf(id, 'project.updated')).toMatchObject([
      { before: { description: 'Old' }, after: { description: 'New' }, actorId: tenant.member.id },
    ]);
  });

  it.each([{}, { name: 'Apollo' }])('then %j, which changes nothing, writes nothing', async (body) => {
    const project = await projectOf(tenant.member, { name: 'Apollo' });
    expect((await patch(project.id, tenant.member, body).expect(200)).body).toEqual(project);
    expect(await api.auditOf(project.id, 'project.updated')).toEqual([]);
  });

  it('then it is refused while the project is archived: 409', async () => {
    const { id } = await projectOf(tenant.member);
    await archive(id, tenant.member).expect(200);
    expect((await patch(id, tenant.member, { name: 'New' }).expect(409)).body.code).toBe('project_archived');
    await restore(id, tenant.member).expect(200);
    await patch(id, tenant.member, { name: 'New' }).expect(200);
  });

  it('then no change is lost when many are made at once', async () => {
    const { id } = await projectOf(tenant.member, { name: '0' });
    const names = Array.from({ length: 10 }, (_, i) => `name ${i}`);
    await Promise.all(names.map(async (name) => patch(id, tenant.member, { name }).expect(200)));
    expect((await get(id, tenant.member).expect(200)).body.version).toBe(11);
    const steps = (await api.auditOf(id, 'project.updated')).map(({ before, after }) => [before, after]);
    expect(new Set(steps.map(([, after]) => (after as { name: string }).name))).toEqual(new Set(names));
    expect(new Set(steps.map(([before]) => (before as { name: string }).name)).size).toBe(10);
  });
});

describe('giving a project to another owner', () => {
  it.each(['owner', 'admin'] as const)('is allowed to the role %s, and audited', async (role) => {
    const { id } = await projectOf(tenant.member);
    const { body } = await patch(id, tenant[role], { owner_id: tenant.viewer.id }).expect(200);
    expect(body).toMatchObject({ owner: { id: tenant.viewer.id, email: tenant.viewer.email }, version: 2 });
    expect(await api.auditOf(id, 'project.updated')).toMatchObject([
      { before: { owner_id: tenant.member.id }, after: { owner_id: tenant.viewer.id } },
    ]);
  });

  it('is refused to the member who owns it: 403 naming the permission', async () => {
    const { id } = await projectOf(tenant.member);
    const { body } = await patch(id, tenant.member, { owner_id: tenant.admin.id }).expect(403);
    expect(body).toMatchObject({ code: 'forbidden', permission: 'project:manage' });
  });

  it('accepts only an active user of the tenant', async () => {
    const project = await projectOf(tenant.member);
    const disabled = await api.factory.user(tenant.id, 'member', { status: 'disabled' });
    const stranger = await api.factory.tenant();
    for (const owner_id of [disabled.id, stranger.member.id, randomUUID()]) {
      const { body } = await patch(project.id, tenant.admin, { name: 'New', owner_id }).expect(422);
      expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'owner_id', code: 'user_not_found' }] });
    }
    expect((await get(project.id, tenant.member).expect(200)).body).toEqual(project);
  });
});

describe('archiving and restoring', () => {
  it('change the status once; a repetition returns the same and is not audited', async () => {
    const { id } = await projectOf(tenant.member);
    const archived = (await archive(id, tenant.member).expect(200)).body;
    expect(archived).toMatchObject({ status: 'archived', archived_at: expect.any(String), version: 2 });
    expect((await archive(id, tenant.member).expect(200)).body).toEqual(archived);
    const restored = (await restore(id, tenant.member).expect(200)).body;
    expect(restored).toMatchObject({ status: 'active', archived_at: null, version: 3 });
    expect((await restore(id, tenant.member).expect(200)).body).toEqual(restored);
    expect((await api.auditOf(id)).map(({ action, before, after }) => [action, before, after]).slice(1)).toEqual([
      ['project.archived', { status: 'active' }, { status: 'archived' }],
      ['project.restored', { status: 'archived' }, { status: 'active' }],
    ]);
  });

  it('ten times at once are one change with one audit entry', async () => {
    const { id } = await projectOf(tenant.member);
    const answers = await Promise.all(Array.from({ length: 10 }, async () => archive(id, tenant.member).expect(200)));
    expect(new Set(answers.map(({ body }) => body.version))).toEqual(new Set([2]));
    expect(await api.auditOf(id, 'project.archived')).toHaveLength(1);
  });
});

describe('deleting a project', () => {
  it.each(['active', 'archived'])('is final for an %s project; the audit entry keeps its fields', async (status) => {
    const { id } = await projectOf(tenant.member, { name: 'Apollo', description: 'Moon' });
    if (status === 'archived') await archive(id, tenant.member).expect(200);
    expect((await remove(id, tenant.admin).expect(204)).text).toBe('');
    for (const call of [get(id, tenant.admin), remove(id, tenant.admin), restore(id, tenant.admin)])
      expect((await call.expect(404)).body.code).toBe('project_not_found');
    const before = { name: 'Apollo', description: 'Moon', owner_id: tenant.member.id, status };
    expect(await api.auditOf(id, 'project.deleted')).toMatchObject([{ before, after: null, actorId: tenant.admin.id }]);
  });
});

describe('with If-Match', () => {
  const at = (version: number) => ({ 'if-match': `"v${version}"` });

  it('a change of the current version is made, and one of an older version is refused: 412', async () => {
    const { id } = await projectOf(tenant.member);
    const { headers } = await patch(id, tenant.member, { name: 'First' }).set(at(1)).expect(200);
    expect(headers['etag']).toBe('"v2"');
    for (const call of [
      patch(id, tenant.member, { name: 'Late' }),
      archive(id, tenant.member),
      remove(id, tenant.admin),
    ])
      expect((await call.set(at(1)).expect(412)).body.code).toBe('precondition_failed');
    expect((await get(id, tenant.member).expect(200)).body).toMatchObject({ name: 'First', status: 'active' });
    await archive(id, tenant.member).set(at(2)).expect(200);
    await restore(id, tenant.member).set(at(2)).expect(412);
    await remove(id, tenant.admin).set(at(3)).expect(204);
  });

  it('archiving an archived project succeeds with any version', async () => {
    const { id } = await projectOf(tenant.member);
    await archive(id, tenant.member).set(at(1)).expect(200);
    await archive(id, tenant.member).set(at(1)).expect(200);
  });
});
