import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
let colleague: TestUser;
beforeAll(async () => {
  api = await sharedApp();
  tenant = await api.factory.tenant();
  colleague = await api.factory.user(tenant.id, 'member');
});

const call = (method: 'get' | 'post' | 'patch' | 'delete', route: string, user?: TestUser, body: object = {}) => {
  const request = api.http()[method](`/api/v1/${route}`);
  if (user) request.set('authorization', `Bearer ${user.accessToken}`);
  return method === 'get' ? request : request.send(body);
};
const projectOf = async (user: TestUser) =>
  (await call('post', 'projects', user, { name: 'Apollo' }).expect(201)).body as { id: string };

/** Every request that changes a project. */
const changes = (id: string) =>
  [
    ['patch', `projects/${id}`, { name: 'New' }],
    ['post', `projects/${id}/archive`, {}],
    ['post', `projects/${id}/restore`, {}],
  ] as const;

describe('given a project of a member', () => {
  it('all users of the tenant see it', async () => {
    const { id } = await projectOf(tenant.member);
    for (const role of ['owner', 'admin', 'member', 'viewer'] as const) {
      await call('get', `projects/${id}`, tenant[role]).expect(200);
      const { body } = await call('get', 'projects', tenant[role]).expect(200);
      expect(body.results.map((project: { id: string }) => project.id)).toContain(id);
    }
  });

  it('its owner can change it, and so can owners and admins of the tenant', async () => {
    const { id } = await projectOf(tenant.member);
    for (const user of [tenant.member, tenant.owner, tenant.admin])
      for (const [method, route, body] of changes(id)) await call(method, route, user, body).expect(200);
  });

  it('another member cannot: 403 naming the permission', async () => {
    const { id } = await projectOf(tenant.member);
    for (const [method, route, body] of changes(id)) {
      const answer = await call(method, route, colleague, body).expect(403);
      expect(answer.body).toMatchObject({ code: 'forbidden', permission: 'project:manage' });
    }
  });

  it('a viewer can change no project, not even its own, and create none', async () => {
    const { id } = await projectOf(tenant.member);
    await call('patch', `projects/${id}`, tenant.admin, { owner_id: tenant.viewer.id }).expect(200);
    for (const [method, route, body] of changes(id)) {
      const answer = await call(method, route, tenant.viewer, body).expect(403);
      expect(answer.body.permission).toBe('project:update');
    }
    const created = await call('post', 'projects', tenant.viewer, { name: 'Mine' }).expect(403);
    expect(created.body.permission).toBe('project:create');
  });

  it('only owners and admins of the tenant can delete it, not its owner', async () => {
    const { id } = await projectOf(tenant.member);
    for (const user of [tenant.member, colleague, tenant.viewer]) {
      const { body } = await call('delete', `projects/${id}`, user).expect(403);
      expect(body.permission).toBe('project:manage');
    }
    await call('delete', `projects/${id}`, tenant.owner).expect(204);
  });
});

describe('a caller of another tenant or without a token', () => {
  it('of another tenant: gets 404 for every operation, as for a project that does not exist', async () => {
    const stranger = await api.factory.tenant();
    const { id } = await projectOf(tenant.member);
    for (const missing of [id, randomUUID()])
      for (const [method, route, body] of [
        ...changes(missing),
        ['get', `projects/${missing}`, {}],
        ['delete', `projects/${missing}`, {}],
      ] as const)
        expect((await call(method, route, stranger.owner, body).expect(404)).body.code).toBe('project_not_found');
    expect((await call('get', 'projects', stranger.owner).expect(200)).body.count).toBe(0);
    expect((await call('get', `projects?owner_id=${tenant.member.id}`, stranger.owner).expect(200)).body.count).toBe(0);
    await call('get', `projects/${id}`, tenant.member).expect(200);
  });

  it('without a token: gets 401', async () => {
    const { id } = await projectOf(tenant.member);
    for (const [method, route, body] of [
      ...changes(id),
      ['get', 'projects', {}],
      ['post', 'projects', { name: 'x' }],
      ['delete', `projects/${id}`, {}],
    ] as const)
      await call(method, route, undefined, body).expect(401);
  });

  it('with an id that is no UUID: gets 422', async () => {
    await call('get', 'projects/mine', tenant.member).expect(422);
  });
});
