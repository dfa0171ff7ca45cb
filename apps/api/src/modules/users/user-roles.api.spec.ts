import { randomUUID } from 'node:crypto';
import type { UserRole } from '@coditect/contracts/common';
import { apiKeyScopes } from '@coditect/contracts/names';
import { User } from '@coditect/contracts/users';
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

const statusesOf = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);
const update = (user: { id: string }, body: object, by?: { accessToken: string }) =>
  api.patch(`users/${user.id}`, body, by?.accessToken);
const giveRole = async (user: { id: string }, role: UserRole, by: TestUser) => update(user, { role }, by);
const rowOf = ({ id }: { id: string }) => api.db.system.user.findFirstOrThrow({ where: { id } });
const activeOwners = () =>
  api.db.system.user.count({ where: { tenantId: tenant.id, role: 'owner', status: 'active' } });

describe('when a manager changes a user', () => {
  it('then name and role are changed, and the version is one higher', async () => {
    const { body, headers } = await update(tenant.member, { name: '  Grace ', role: 'admin' }, tenant.admin).expect(
      200,
    );
    expect(User.strict().parse(body)).toMatchObject({ name: 'Grace', role: 'admin', version: 2 });
    expect(headers['etag']).toBe('"v2"');
    expect(await rowOf(tenant.member)).toMatchObject({ name: 'Grace', role: 'admin', version: 2 });
  });

  it('then the audit entry holds only the changed fields', async () => {
    await update(tenant.member, { name: 'Grace' }, tenant.admin).expect(200);
    await update(tenant.member, { name: 'Grace', role: 'viewer' }, tenant.admin).expect(200);
    const by = { actorType: 'user', actorId: tenant.admin.id, actorName: tenant.admin.email };
    expect(await api.auditOf(tenant.member.id)).toMatchObject([
      { ...by, action: 'user.updated', before: { name: 'A member' }, after: { name: 'Grace' } },
      { ...by, action: 'user.role_changed', before: { role: 'member' }, after: { role: 'viewer' } },
    ]);
  });

  it('then a new role counts at once, although the access token has the old one', async () => {
    await api.get('users/invitations', tenant.member.accessToken).expect(403);
    await giveRole(tenant.member, 'admin', tenant.owner);
    await api.get('users/invitations', tenant.member.accessToken).expect(200);
    await giveRole(tenant.member, 'viewer', tenant.owner);
    await api.get('users/invitations', tenant.member.accessToken).expect(403);
  });

  it('then unchanged values make no new version and no audit entry', async () => {
    const { name, role } = tenant.member;
    for (const body of [{}, { name }, { role }, { name, role }])
      expect((await update(tenant.member, body, tenant.admin).expect(200)).body.version).toBe(1);
    expect(await api.auditOf(tenant.member.id)).toEqual([]);
  });

  it('then a version that it has not read is not overwritten: 412', async () => {
    const { etag } = (await api.get(`users/${tenant.member.id}`, tenant.admin.accessToken).expect(200)).headers;
    await update(tenant.member, { name: 'First' }, tenant.admin).set('if-match', etag!).expect(200);
    const { body } = await update(tenant.member, { name: 'Second' }, tenant.owner).set('if-match', etag!).expect(412);
    expect(body.code).toBe('precondition_failed');
    expect((await rowOf(tenant.member)).name).toBe('First');
  });

  it('then one of two changes of the same version is refused', async () => {
    const answers = await Promise.all(
      ['One', 'Other'].map(async (name) => update(tenant.member, { name }, tenant.admin).set('if-match', '"v1"')),
    );
    expect(statusesOf(answers)).toEqual([200, 412]);
    expect((await rowOf(tenant.member)).version).toBe(2);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{ name: 'Ada\r\nhttps://evil.example' }, 'name'],
    [{ name: 'Ada\u202egnp.exe' }, 'name'],
    [{ role: 'boss' }, 'role'],
    [{ email: 'new@example.test' }, 'email'],
    [{ status: 'active' }, 'status'],
  ])('then %j is refused: 422', async (body, path) => {
    const answer = await update(tenant.member, body, tenant.admin).expect(422);
    expect(answer.body.errors).toMatchObject([{ path }]);
  });
});

describe('owners', () => {
  it('are made by an owner', async () => {
    expect((await giveRole(tenant.member, 'owner', tenant.owner)).status).toBe(200);
    expect(await activeOwners()).toBe(2);
  });

  it('are neither made, unmade nor renamed by an admin: 403', async () => {
    for (const call of [
      update(tenant.member, { role: 'owner' }, tenant.admin),
      update(tenant.owner, { role: 'member' }, tenant.admin),
      update(tenant.owner, { name: 'Renamed' }, tenant.admin),
    ])
      expect((await call.expect(403)).body.code).toBe('forbidden');
    expect(await activeOwners()).toBe(1);
  });

  it('may step down while another one is there', async () => {
    await giveRole(tenant.admin, 'owner', tenant.owner);
    expect((await giveRole(tenant.owner, 'member', tenant.owner)).body.role).toBe('member');
  });

  it('cannot step down as the last active one: 409', async () => {
    await api.factory.user(tenant.id, 'owner', { status: 'disabled' });
    const { status, body } = await giveRole(tenant.owner, 'admin', tenant.owner);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'last_owner' });
    expect(await activeOwners()).toBe(1);
  });

  it('who are disabled can get another role', async () => {
    const disabled = await api.factory.user(tenant.id, 'owner', { status: 'disabled' });
    expect((await giveRole(disabled, 'member', tenant.owner)).status).toBe(200);
  });

  it('never run out: two demote each other at once', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    const answers = await Promise.all([
      giveRole(second, 'member', tenant.owner),
      giveRole(tenant.owner, 'member', second),
    ]);
    expect(statusesOf(answers)).toEqual([200, 403]);
    expect(await activeOwners()).toBe(1);
  });

  it('never run out: ten step down, are disabled and removed at once', async () => {
    const more = await Promise.all(Array.from({ length: 9 }, () => api.factory.user(tenant.id, 'owner')));
    const answers = await Promise.all(
      [tenant.owner, ...more].map(async (owner, i) => {
        if (i % 3 === 0) return giveRole(owner, 'viewer', owner);
        if (i % 3 === 1) return api.post(`users/${owner.id}/disable`, {}, owner.accessToken);
        return api.delete(`users/${owner.id}`, owner.accessToken);
      }),
    );
    expect(await activeOwners()).toBe(1);
    const refused = answers.filter(({ status }) => status >= 300);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([[409, 'last_owner']]);
  });
});

describe('no user can raise its own role', () => {
  it('an admin does not make itself an owner', async () => {
    await update(tenant.admin, { role: 'owner' }, tenant.admin).expect(403);
    expect((await rowOf(tenant.admin)).role).toBe('admin');
  });

  it('two admins demote each other at once: the second is no longer an admin, and is refused', async () => {
    const other = await api.factory.user(tenant.id, 'admin');
    const answers = await Promise.all([
      giveRole(other, 'member', tenant.admin),
      giveRole(tenant.admin, 'member', other),
    ]);
    expect(statusesOf(answers)).toEqual([200, 403]);
    expect(new Set([(await rowOf(tenant.admin)).role, (await rowOf(other)).role])).toEqual(
      new Set(['admin', 'member']),
    );
  });

  describe('an API key, even with all the scopes of an owner,', () => {
    let key: { accessToken: string };
    beforeEach(async () => {
      key = { accessToken: await api.factory.apiKey(tenant.owner, apiKeyScopes) };
    });

    it('can give the roles member and viewer', async () => {
      await update(tenant.viewer, { role: 'member' }, key).expect(200);
      expect(await api.auditOf(tenant.viewer.id, 'user.role_changed')).toMatchObject([
        { actorType: 'api_key', actorName: tenant.owner.email, after: { role: 'member' } },
      ]);
    });

    it.each(['owner', 'admin'] as const)('cannot make a user an %s: 403', async (role) => {
      const { body } = await update(tenant.viewer, { role }, key).expect(403);
      expect(body).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('API key') });
      expect((await rowOf(tenant.viewer)).role).toBe('viewer');
    });

    it.each(['owner', 'admin'] as const)('cannot change an %s, not even its own user: 403', async (role) => {
      const another = await api.factory.user(tenant.id, role);
      for (const { id } of [another, tenant[role]])
        for (const call of [
          update({ id }, { role: 'viewer' }, key),
          update({ id }, { name: 'Renamed' }, key),
          api.post(`users/${id}/disable`, {}, key.accessToken),
          api.post(`users/${id}/enable`, {}, key.accessToken),
          api.delete(`users/${id}`, key.accessToken),
        ])
          expect((await call.expect(403)).body).toMatchObject({
            code: 'forbidden',
            detail: expect.stringContaining('API key'),
          });
      expect(await rowOf(another)).toMatchObject({ role, status: 'active', version: 1 });
    });
  });
});

describe('the right to change users', () => {
  it.each(['member', 'viewer'] as const)('is not given to a %s, not even for itself: 403', async (role) => {
    for (const target of [tenant[role], tenant.admin])
      expect((await update(target, { name: 'X' }, tenant[role]).expect(403)).body).toMatchObject({
        code: 'forbidden',
        permission: 'user:update',
      });
  });

  it('is not given to an API key without the scope: 403', async () => {
    const accessToken = await api.factory.apiKey(tenant.owner, ['user:read', 'user:read_all']);
    await update(tenant.member, { name: 'X' }, { accessToken }).expect(403);
  });

  it('is not given to callers without a token or of other tenants, and does not reach removed users', async () => {
    const stranger = await api.factory.tenant();
    const gone = await api.factory.user(tenant.id, 'member', { status: 'removed' });
    await update(tenant.member, { name: 'X' }).expect(401);
    for (const call of [
      update(tenant.member, { name: 'X' }, stranger.owner),
      update({ id: randomUUID() }, {}, tenant.owner),
      update(gone, { name: 'X' }, tenant.owner),
    ])
      expect((await call.expect(404)).body.code).toBe('user_not_found');
    await update({ id: 'me' }, {}, tenant.owner).expect(422);
    expect((await rowOf(tenant.member)).name).toBe('A member');
  });
});
