import { User } from '@coditect/contracts/users';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { turnOnSecondFactor } from '#test/authenticator';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo } from '#test/mails';
import { hashPassword } from '#test/passwords';

const PASSWORD = 'correct horse battery staple';

let api: TestApp;
let tenant: TestTenant;
let passwordHash: string;
beforeAll(async () => {
  api = await sharedApp();
  passwordHash = await hashPassword(PASSWORD);
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});
afterEach(() => {
  api.clock.offsetMs = 0;
});

const reset = (user: { id: string }, by: TestUser) => api.post(`users/${user.id}/reset-two-factor`, {}, by.accessToken);
const login = ({ email }: { email: string }) => api.post('auth/login', { email, password: PASSWORD });
async function withSecondFactor(role: 'owner' | 'admin' | 'member'): Promise<TestUser> {
  const user = await api.factory.user(tenant.id, role, { passwordHash });
  await turnOnSecondFactor(api, user, PASSWORD);
  return user;
}

describe('given a user who has lost the authenticator, when a manager resets the second factor', () => {
  it('then the password alone signs in, and recovery codes and old logins are gone', async () => {
    const user = await withSecondFactor('member');
    expect((await login(user).expect(401)).body.code).toBe('two_factor_required');
    const { body } = await reset(user, tenant.admin).expect(200);
    expect(User.strict().parse(body)).toMatchObject({ id: user.id, two_factor_enabled: false });
    expect(await api.db.system.recoveryCode.count({ where: { userId: user.id } })).toBe(0);
    expect((await api.get('auth/me', user.accessToken).expect(401)).body.code).toBe('invalid_token');
    await login(user).expect(200);
  });

  it('then it is audited, and a mail tells the user who did it', async () => {
    const user = await withSecondFactor('member');
    await reset(user, tenant.owner).expect(200);
    expect(await api.auditOf(user.id, 'user.two_factor_reset')).toMatchObject([
      {
        actorId: tenant.owner.id,
        before: { two_factor_enabled: true },
        after: { two_factor_enabled: false, logins_ended: 1 },
      },
    ]);
    expect((await mailsTo(api, user.email)).at(-1)).toMatchObject({
      template: 'two_factor_reset',
      data: { tenant: tenant.slug, reset_by: 'A owner' },
    });
  });

  it('then a second reset, or one for a user without a second factor, changes nothing', async () => {
    const user = await withSecondFactor('member');
    const { version } = (await reset(user, tenant.admin).expect(200)).body as User;
    expect((await reset(user, tenant.admin).expect(200)).body).toMatchObject({ version });
    await reset(tenant.member, tenant.admin).expect(200);
    await api.get('auth/me', tenant.member.accessToken).expect(200);
    expect(await api.auditOf(tenant.member.id, 'user.two_factor_reset')).toEqual([]);
  });

  it('then a version that the manager has not read is not overwritten: 412', async () => {
    const user = await withSecondFactor('member');
    await reset(user, tenant.admin).set('if-match', '"v1"').expect(412);
    await reset(user, tenant.admin).set('if-match', '"v2"').expect(200);
  });
});

describe('the right to reset a second factor', () => {
  it('covers all users for an owner, and no owners for an admin', async () => {
    const owner = await withSecondFactor('owner');
    expect((await reset(owner, tenant.admin).expect(403)).body.code).toBe('forbidden');
    await login(owner).expect(401);
    await reset(owner, tenant.owner).expect(200);
    await reset(await withSecondFactor('admin'), tenant.owner).expect(200);
  });

  it('never covers the caller itself', async () => {
    for (const role of ['owner', 'admin'] as const) {
      const { body } = await reset(tenant[role], tenant[role]).expect(403);
      expect(body).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('your own') });
    }
  });

  it('is not given to members, API keys and other tenants', async () => {
    const user = await withSecondFactor('member');
    expect((await reset(user, tenant.member).expect(403)).body.permission).toBe('user:reset_two_factor');
    const key = await api.factory.apiKey(tenant.owner, ['user:disable', 'user:update']);
    await api.post(`users/${user.id}/reset-two-factor`, {}, key).expect(403);
    const another = await api.factory.tenant();
    expect((await reset(user, another.owner).expect(404)).body.code).toBe('user_not_found');
    await login(user).expect(401);
  });
});
