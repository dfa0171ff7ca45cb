import { randomUUID } from 'node:crypto';
import { apiKeyScopes } from '@coditect/contracts/names';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant, type TestUser } from '#test/factory';
import { giveWaysIn } from '#test/ways-in';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 100 });
});

type Caller = { accessToken: string };
const remove = (user: { id: string }, by?: Caller) => api.delete(`users/${user.id}`, by?.accessToken);
const erase = (user: { id: string }, by?: Caller) => api.post(`users/${user.id}/erase`, {}, by?.accessToken);
const rowOf = ({ id }: { id: string }) => api.db.system.user.findFirstOrThrow({ where: { id } });
const acquire = async (user: TestUser) => api.post('licenses/acquire', { machine_id: newMachine() }, user.accessToken);

async function waysInOf({ id: userId }: { id: string }) {
  const { identity, recoveryCode, oneTimeToken, apiKey, refreshToken, login } = api.db.system;
  const where = { userId };
  return {
    identities: await identity.count({ where }),
    recoveryCodes: await recoveryCode.count({ where }),
    oneTimeTokens: await oneTimeToken.count({ where }),
    apiKeys: await apiKey.count({ where }),
    refreshTokens: await refreshToken.count({ where: { userId, revokedAt: null } }),
    logins: await login.count({ where: { userId, revokedAt: null } }),
  };
}

describe('when a user is removed', () => {
  it('then a tombstone is left: the name stays, the e-mail is free, and all credentials are gone', async () => {
    await giveWaysIn(api, tenant.member);
    const { body } = await remove(tenant.member, tenant.admin).expect(204);
    expect(body).toEqual({});
    expect(await rowOf(tenant.member)).toMatchObject({
      status: 'removed',
      name: 'A member',
      email: `removed-${tenant.member.id}@removed.invalid`,
      passwordHash: null,
      emailVerifiedAt: null,
      totpSecret: null,
      totpEnabledAt: null,
      version: 2,
    });
  });

  it('then its API keys, identities and logins are gone, and those of other users stay', async () => {
    await giveWaysIn(api, tenant.member);
    await giveWaysIn(api, tenant.viewer);
    const key = await api.factory.apiKey(tenant.member, ['license:read']);
    await api.factory.apiKey(tenant.viewer, ['license:read']);
    await remove(tenant.member, tenant.admin).expect(204);
    const none = { identities: 0, recoveryCodes: 0, oneTimeTokens: 0, apiKeys: 0, refreshTokens: 0, logins: 0 };
    expect(await waysInOf(tenant.member)).toEqual(none);
    const one = { identities: 1, recoveryCodes: 1, oneTimeTokens: 1, apiKeys: 1, refreshTokens: 1, logins: 1 };
    expect(await waysInOf(tenant.viewer)).toEqual(one);
    for (const credential of [key, tenant.member.accessToken])
      expect((await api.get('licenses', credential).expect(401)).body.code).toBe('invalid_token');
  });

  it('then its live license sessions end at once, and their next heartbeat says why', async () => {
    const seat = await api.takeSeat(tenant.member);
    const other = await api.takeSeat(tenant.owner);
    await remove(tenant.member, tenant.admin).expect(204);
    expect(await api.row(seat)).toMatchObject({ status: 'revoked', endReason: 'user_removed' });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
    const { body } = await api.heartbeat(seat.session_token).expect(403);
    expect(body).toMatchObject({ code: 'user_removed', end_reason: 'user_removed' });
    await api.heartbeat(other.session_token).expect(200);
  });

  it('then the audit entries name the actor, and what was deleted with the user', async () => {
    const seat = await api.takeSeat(tenant.member);
    const { id: keyId } = await keyOf(tenant.member);
    await remove(tenant.member, tenant.admin).expect(204);
    const by = { actorType: 'user', actorId: tenant.admin.id, actorName: tenant.admin.email };
    expect(await api.auditOf(tenant.member.id, 'user.removed')).toMatchObject([
      { ...by, before: { status: 'active', email: tenant.member.email }, after: { status: 'removed' } },
    ]);
    expect(await api.auditOf(seat.session_id, 'license_session.revoked')).toMatchObject([
      { ...by, after: { end_reason: 'user_removed' } },
    ]);
    expect(await api.auditOf(keyId, 'api_key.deleted')).toMatchObject([by]);
  });

  it('then projects and past license sessions still name it', async () => {
    const { tenantId, id } = tenant.member;
    const project = await api.post('projects', { name: 'Apollo' }, tenant.member.accessToken).expect(201);
    await api.takeSeat(tenant.member);
    await remove(tenant.member, tenant.admin).expect(204);
    const { body } = await api.get(`projects/${project.body.id}`, tenant.admin.accessToken).expect(200);
    expect(body.owner).toMatchObject({ id, name: 'A member' });
    expect(await api.db.system.licenseSession.count({ where: { tenantId, userId: id } })).toBe(1);
  });

  it('then its e-mail can be invited', async () => {
    const { email } = tenant.member;
    await api.post('users/invitations', { email, role: 'viewer' }, tenant.admin.accessToken).expect(409);
    await remove(tenant.member, tenant.admin).expect(204);
    await api.post('users/invitations', { email, role: 'viewer' }, tenant.admin.accessToken).expect(201);
  });

  it('then its invitations of owners and admins are revoked, and its other invitations stay', async () => {
    const [admin, member, others] = ['admin', 'member', 'others'].map((name) => `${name}-${randomUUID()}@example.test`);
    const invite = (email: string | undefined, role: string, by: Caller) =>
      api.post('users/invitations', { email, role }, by.accessToken).expect(201);
    await invite(admin, 'admin', tenant.admin);
    await invite(member, 'member', tenant.admin);
    await invite(others, 'admin', tenant.owner);
    await remove(tenant.admin, tenant.owner).expect(204);
    const rows = await api.db.system.invitation.findMany({ where: { tenantId: tenant.id }, orderBy: { id: 'asc' } });
    expect(rows.map(({ email, revokedAt }) => [email, revokedAt !== null])).toEqual([
      [admin, true],
      [member, false],
      [others, false],
    ]);
    expect(await api.auditOf(rows[0]!.id, 'invitation.revoked')).toMatchObject([{ actorId: tenant.owner.id }]);
  });

  it('then it can no longer be changed: 404', async () => {
    await remove(tenant.member, tenant.admin).expect(204);
    for (const call of [
      remove(tenant.member, tenant.admin),
      api.patch(`users/${tenant.member.id}`, { name: 'X' }, tenant.admin.accessToken),
      api.post(`users/${tenant.member.id}/enable`, {}, tenant.admin.accessToken),
      api.post(`users/${tenant.member.id}/disable`, {}, tenant.admin.accessToken),
    ])
      expect((await call.expect(404)).body.code).toBe('user_not_found');
    expect((await rowOf(tenant.member)).status).toBe('removed');
  });

  it('then a version that the caller has not read is not removed: 412', async () => {
    const { body } = await remove(tenant.member, tenant.admin).set('if-match', '"v7"').expect(412);
    expect(body.code).toBe('precondition_failed');
    await remove(tenant.member, tenant.admin).set('if-match', '"v1"').expect(204);
  });
});

async function keyOf(user: TestUser) {
  await api.factory.apiKey(user, ['license:read']);
  return api.db.system.apiKey.findFirstOrThrow({ where: { userId: user.id } });
}

describe('given 50 acquires of a user in flight, when it is removed between them', () => {
  it('then none of its sessions is active afterwards, neither in Postgres nor in the ledger', async () => {
    const before = Array.from({ length: 25 }, () => acquire(tenant.member));
    await expect
      .poll(async () => (await api.seatsHeld(tenant.license)).postgres, { interval: 1, timeout: 10_000 })
      .toBeGreaterThan(2);
    const removed = (async () => remove(tenant.member, tenant.admin).expect(204))();
    const answers = await Promise.all([...before, ...Array.from({ length: 25 }, () => acquire(tenant.member))]);
    await removed;
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
    const refused = answers.filter(({ status }) => status !== 201).map(({ body }) => body.code);
    expect(refused.filter((code) => !['user_removed', 'invalid_token'].includes(code as string))).toEqual([]);
  });
});

describe('an owner', () => {
  it('is removed by an owner, not by an admin', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    expect((await remove(second, tenant.admin).expect(403)).body.code).toBe('forbidden');
    await remove(second, tenant.owner).expect(204);
  });

  it('who is the last active one can be neither removed nor erased: 409', async () => {
    await api.factory.user(tenant.id, 'owner', { status: 'disabled' });
    const seat = await api.takeSeat(tenant.owner);
    for (const call of [remove(tenant.owner, tenant.owner), erase(tenant.owner, tenant.owner)])
      expect((await call.expect(409)).body.code).toBe('last_owner');
    await api.heartbeat(seat.session_token).expect(200);
  });

  it('remains when two owners remove each other at once', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    const answers = await Promise.all([
      (async () => remove(second, tenant.owner))(),
      (async () => remove(tenant.owner, second))(),
    ]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
    // The other call was let in before its caller was removed, or it came too late.
    expect(statuses.filter((status) => [401, 403].includes(status))).toHaveLength(1);
    const owners = await api.db.system.user.count({ where: { tenantId: tenant.id, role: 'owner', status: 'active' } });
    expect(owners).toBe(1);
  });
});

describe('the right to remove and erase', () => {
  it.each(['member', 'viewer'] as const)('is not given to a %s, not even for itself: 403', async (role) => {
    expect((await remove(tenant[role], tenant[role]).expect(403)).body.permission).toBe('user:remove');
    expect((await erase(tenant[role], tenant[role]).expect(403)).body.permission).toBe('user:erase');
    expect((await rowOf(tenant[role])).status).toBe('active');
  });

  it('lets an admin remove, also itself, but not erase', async () => {
    expect((await erase(tenant.member, tenant.admin).expect(403)).body.permission).toBe('user:erase');
    await remove(tenant.admin, tenant.admin).expect(204);
    expect((await rowOf(tenant.admin)).status).toBe('removed');
  });

  it('lets an API key remove with the scope for it, but never erase', async () => {
    const without = { accessToken: await api.factory.apiKey(tenant.owner, ['user:read']) };
    const scoped = { accessToken: await api.factory.apiKey(tenant.owner, apiKeyScopes) };
    await remove(tenant.member, without).expect(403);
    await erase(tenant.member, scoped).expect(403);
    await remove(tenant.member, scoped).expect(204);
    expect(await api.auditOf(tenant.member.id, 'user.removed')).toMatchObject([
      { actorType: 'api_key', actorName: tenant.owner.email },
    ]);
  });

  it('is not given to callers without a token and to other tenants', async () => {
    const stranger = await api.factory.tenant();
    for (const call of [remove, erase]) {
      await call(tenant.member).expect(401);
      expect((await call(tenant.member, stranger.owner).expect(404)).body.code).toBe('user_not_found');
      expect((await call({ id: randomUUID() }, tenant.owner).expect(404)).body.code).toBe('user_not_found');
      await call({ id: 'me' }, tenant.owner).expect(422);
    }
    expect((await rowOf(tenant.member)).status).toBe('active');
  });
});
