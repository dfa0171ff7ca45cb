import { randomBytes, randomUUID } from 'node:crypto';
import { User } from '@coditect/contracts/users';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant, type TestUser } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 100 });
});

const disable = (user: { id: string }, by?: TestUser) => api.post(`users/${user.id}/disable`, {}, by?.accessToken);
const enable = (user: { id: string }, by?: TestUser) => api.post(`users/${user.id}/enable`, {}, by?.accessToken);
const acquireAs = async (user: TestUser) =>
  api.post('licenses/acquire', { machine_id: newMachine() }, user.accessToken);
const statusOf = async ({ id }: { id: string }) =>
  (await api.db.system.user.findFirstOrThrow({ where: { id } })).status;

describe('when a user is disabled', () => {
  it('then the response is the changed user', async () => {
    const { body } = await disable(tenant.member, tenant.admin).expect(200);
    expect(User.strict().parse(body)).toMatchObject({
      id: tenant.member.id,
      email: tenant.member.email,
      role: 'member',
      status: 'disabled',
    });
  });

  it('then its live license sessions end at once, and no others', async () => {
    const seats = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.member)];
    const other = await api.takeSeat(tenant.owner);
    await disable(tenant.member, tenant.admin).expect(200);
    for (const seat of seats) {
      expect(await api.row(seat)).toMatchObject({ status: 'revoked', endReason: 'user_disabled' });
      const { body } = await api.heartbeat(seat.session_token).expect(403);
      expect(body).toMatchObject({ code: 'user_disabled', end_reason: 'user_disabled' });
    }
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
    await api.heartbeat(other.session_token).expect(200);
  });

  it('then it cannot acquire, although its access token has not expired', async () => {
    await disable(tenant.member, tenant.admin).expect(200);
    expect(await acquireAs(tenant.member)).toMatchObject({ status: 403, body: { code: 'user_disabled' } });
  });

  it('then its logins end: every refresh token is revoked', async () => {
    const login = {
      tenantId: tenant.id,
      tokenHash: randomBytes(32),
      expiresAt: new Date(api.clock.now().getTime() + 60_000),
    };
    await api.db.system.refreshToken.create({
      data: { ...login, userId: tenant.member.id, familyId: tenant.member.loginId },
    });
    await api.db.system.refreshToken.create({
      data: { ...login, userId: tenant.owner.id, familyId: tenant.owner.loginId, tokenHash: randomBytes(32) },
    });
    await disable(tenant.member, tenant.admin).expect(200);
    const tokens = await api.db.system.refreshToken.findMany({ where: { tenantId: tenant.id } });
    const revoked = tokens.filter(({ revokedAt }) => revokedAt !== null);
    expect(revoked.map(({ userId }) => userId)).toEqual([tenant.member.id]);
  });

  it('then the audit entries of the user and of each ended session name the actor', async () => {
    const seat = await api.takeSeat(tenant.member);
    await disable(tenant.member, tenant.admin).set('x-request-id', 'disable-member').expect(200);
    const by = {
      actorType: 'user',
      actorId: tenant.admin.id,
      actorName: tenant.admin.email,
      requestId: 'disable-member',
    };
    expect(await api.auditOf(tenant.member.id, 'user.disabled')).toMatchObject([
      { ...by, before: { status: 'active' }, after: { status: 'disabled' } },
    ]);
    expect(await api.auditOf(seat.session_id, 'license_session.revoked')).toMatchObject([
      { ...by, before: { user_id: tenant.member.id }, after: { end_reason: 'user_disabled' } },
    ]);
  });

  it('then, once it is enabled again, it can acquire; its old sessions stay ended', async () => {
    const seat = await api.takeSeat(tenant.member);
    await disable(tenant.member, tenant.admin).expect(200);
    expect((await enable(tenant.member, tenant.admin).expect(200)).body.status).toBe('active');
    await api.takeSeat(tenant.member);
    await api.heartbeat(seat.session_token).expect(403);
    expect(await api.auditOf(tenant.member.id, 'user.enabled')).toMatchObject([
      { before: { status: 'disabled' }, after: { status: 'active' }, actorName: tenant.admin.email },
    ]);
  });
});

describe('given 50 acquires of a user in flight, when it is disabled between them', () => {
  it('then none of its sessions is active afterwards, neither in Postgres nor in the ledger', async () => {
    const acquire = async () => acquireAs(tenant.member);
    const before = Array.from({ length: 25 }, acquire);
    await expect
      .poll(async () => (await api.seatsHeld(tenant.license)).postgres, { interval: 1, timeout: 10_000 })
      .toBeGreaterThan(2);
    const disabled = (async () => disable(tenant.member, tenant.admin).expect(200))();
    const answers = await Promise.all([...before, ...Array.from({ length: 25 }, acquire)]);
    await disabled;
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => 'user_disabled'));
  });
});

describe('an owner', () => {
  it('is not disabled by an admin: 403', async () => {
    const { body } = await disable(tenant.owner, tenant.admin).expect(403);
    expect(body.code).toBe('forbidden');
    expect(await statusOf(tenant.owner)).toBe('active');
  });

  it('is disabled by another owner', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    await disable(second, tenant.owner).expect(200);
    expect(await statusOf(second)).toBe('disabled');
  });

  it('who is the last one is not disabled: 409, and keeps its seats', async () => {
    const seat = await api.takeSeat(tenant.owner);
    const { body } = await disable(tenant.owner, tenant.owner).expect(409);
    expect(body.code).toBe('last_owner');
    expect(await statusOf(tenant.owner)).toBe('active');
    await api.heartbeat(seat.session_token).expect(200);
  });

  it('is also the last one when the other owner is disabled', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    await disable(second, tenant.owner).expect(200);
    const { body } = await disable(tenant.owner, tenant.owner).expect(409);
    expect(body.code).toBe('last_owner');
  });

  it('remains when two owners disable each other at once', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    const answers = await Promise.all([
      (async () => disable(second, tenant.owner))(),
      (async () => disable(tenant.owner, second))(),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 403]));
    expect(new Set([await statusOf(tenant.owner), await statusOf(second)])).toEqual(new Set(['active', 'disabled']));
  });
});

describe('a disabled admin with an access token that has not ended yet', () => {
  it('cannot disable or enable users, not even itself', async () => {
    await disable(tenant.admin, tenant.owner).expect(200);
    for (const call of [enable(tenant.admin, tenant.admin), disable(tenant.member, tenant.admin)])
      expect((await call.expect(403)).body.code).toBe('user_disabled');
    expect(await statusOf(tenant.admin)).toBe('disabled');
    await enable(tenant.admin, tenant.owner).expect(200);
  });
});

describe('a disabled owner', () => {
  it('is enabled by an owner, not by an admin', async () => {
    const second = await api.factory.user(tenant.id, 'owner', { status: 'disabled' });
    await enable(second, tenant.admin).expect(403);
    await enable(second, tenant.owner).expect(200);
  });
});

describe.each([
  ['disable', disable],
  ['enable', enable],
] as const)('the right to %s a user', (_verb, call) => {
  it.each(['owner', 'admin'] as const)('is given to an %s', async (role) => {
    const { body } = await call(tenant.member, tenant[role]).expect(200);
    expect(body.id).toBe(tenant.member.id);
  });

  it.each(['member', 'viewer'] as const)('is not given to a %s: 403', async (role) => {
    const { body } = await call(tenant.member, tenant[role]).expect(403);
    expect(body).toMatchObject({ code: 'forbidden', permission: 'user:disable' });
    expect(await statusOf(tenant.member)).toBe('active');
  });

  it('is not given to a caller without an access token: 401', async () => {
    const { body } = await call(tenant.member).expect(401);
    expect(body.code).toBe('unauthenticated');
  });

  it('is not given to another tenant: 404, as for a user who does not exist; a malformed id gets 422', async () => {
    const stranger = await api.factory.tenant();
    expect((await call(tenant.member, stranger.owner).expect(404)).body.code).toBe('user_not_found');
    expect((await call({ id: randomUUID() }, tenant.owner).expect(404)).body.code).toBe('user_not_found');
    await call({ id: 'me' }, tenant.owner).expect(422);
    expect(await statusOf(tenant.member)).toBe('active');
  });
});
