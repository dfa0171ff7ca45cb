import { User } from '@coditect/contracts/users';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

const rename = (name: unknown, accessToken?: string) => api.patch('auth/me', { name }, accessToken);

describe('when a user changes its own name', () => {
  it.each(['owner', 'admin', 'member', 'viewer'] as const)('then it is changed, also for a %s', async (role) => {
    const { body, headers } = await rename('Ada King', tenant[role].accessToken).expect(200);
    expect(User.strict().parse(body)).toMatchObject({ id: tenant[role].id, name: 'Ada King', role, version: 2 });
    expect(headers['etag']).toBe('"v2"');
    expect((await api.get('auth/me', tenant[role].accessToken).expect(200)).body.name).toBe('Ada King');
  });

  it('then it is audited', async () => {
    await rename('Ada King', tenant.member.accessToken).expect(200);
    expect(await api.auditOf(tenant.member.id)).toMatchObject([
      { action: 'user.updated', actorId: tenant.member.id, before: { name: 'A member' }, after: { name: 'Ada King' } },
    ]);
  });

  it('then a version that it has not read is not overwritten: 412', async () => {
    await rename('First', tenant.member.accessToken).set('if-match', '"v1"').expect(200);
    const { body } = await rename('Second', tenant.member.accessToken).set('if-match', '"v1"').expect(412);
    expect(body.code).toBe('precondition_failed');
  });

  it('then its role and e-mail cannot be changed: 422', async () => {
    for (const body of [{ role: 'owner' }, { email: 'new@example.test' }, { name: '' }, { name: 7 }])
      await api.patch('auth/me', body, tenant.member.accessToken).expect(422);
    const row = await api.db.system.user.findFirstOrThrow({ where: { id: tenant.member.id } });
    expect(row).toMatchObject({ role: 'member', email: tenant.member.email, version: 1 });
  });

  it('then an API key and a caller without a token are refused', async () => {
    const key = await api.factory.apiKey(tenant.owner, ['user:update', 'user:read']);
    expect((await rename('X', key).expect(403)).body).toMatchObject({ permission: 'self:update' });
    await rename('X').expect(401);
  });
});
