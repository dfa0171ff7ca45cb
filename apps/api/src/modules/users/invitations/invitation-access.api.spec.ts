import { randomUUID } from 'node:crypto';
import type { UserRole } from '@coditect/contracts/common';
import { userRoles } from '@coditect/contracts/names';
import { type Invitation, InvitationPage, InviteResponse } from '@coditect/contracts/invitations';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

type Caller = { accessToken: string };
const newEmail = () => `${randomUUID()}@example.test`;
const invite = (body: object, by: Caller = tenant.admin) => api.post('users/invitations', body, by.accessToken);
const invited = async (email: string, role: UserRole = 'member', by: Caller = tenant.admin): Promise<Invitation> => {
  const { body } = await invite({ email, role }, by).expect(201);
  return InviteResponse.parse(body).invitations[0]!;
};
const list = async (query = '', by: Caller = tenant.admin) =>
  InvitationPage.parse((await api.get(`users/invitations${query}`, by.accessToken).expect(200)).body);
const resend = (id: string, by: Caller = tenant.admin) =>
  api.post(`users/invitations/${id}/resend`, {}, by.accessToken);
const revoke = (id: string, by: Caller = tenant.admin) => api.delete(`users/invitations/${id}`, by.accessToken);

describe('owners', () => {
  it('are invited by owners only', async () => {
    const body = {
      invitations: [
        { email: newEmail(), role: 'member' },
        { email: newEmail(), role: 'owner' },
      ],
    };
    expect((await invite(body, tenant.admin).expect(403)).body.code).toBe('forbidden');
    await invite(body, tenant.owner).expect(201);
  });

  it('cannot be invited again, replaced or revoked by an admin', async () => {
    const email = newEmail();
    const { id } = await invited(email, 'owner', tenant.owner);
    const token = tokenIn((await mailsTo(api, email)).at(-1));
    api.advance(61);
    for (const call of [resend(id), revoke(id), invite({ email, role: 'member' })]) await call.expect(403);
    expect((await api.get(`auth/invitations/${token}`).expect(200)).body.role).toBe('owner');
    await revoke(id, tenant.owner).expect(204);
  });
});

describe('given a manager who has sent invitations, when it is', () => {
  const fates: [string, (manager: { id: string }) => { expect: (status: number) => Promise<unknown> }, UserRole[]][] = [
    [
      'an owner made an admin',
      ({ id }) => api.patch(`users/${id}`, { role: 'admin' }, tenant.owner.accessToken),
      ['owner'],
    ],
    [
      'an owner made a member',
      ({ id }) => api.patch(`users/${id}`, { role: 'member' }, tenant.owner.accessToken),
      ['owner', 'admin'],
    ],
    ['disabled', ({ id }) => api.post(`users/${id}/disable`, {}, tenant.owner.accessToken), ['owner', 'admin']],
  ];

  it.each(fates)('%s, then those that it could no longer send are revoked', async (_fate, change, revoked) => {
    const manager = await api.factory.user(tenant.id, 'owner');
    const sent = new Map<UserRole, Invitation>();
    for (const role of userRoles) sent.set(role, await invited(newEmail(), role, manager));
    const token = tokenIn((await mailsTo(api, sent.get('owner')!.email)).at(-1));
    const others = await invited(newEmail(), 'owner', tenant.owner);
    await change(manager).expect(200);
    const open = (await list('?status=pending')).results.map(({ id }) => id);
    const stay = userRoles.filter((role) => !revoked.includes(role)).map((role) => sent.get(role)!.id);
    expect(open.toSorted()).toEqual([...stay, others.id].toSorted());
    await api.post(`auth/invitations/${token}/accept`, { name: 'Eve', password: 'a battery of staples' }).expect(410);
    for (const role of revoked)
      expect(await api.auditOf(sent.get(role)!.id, 'invitation.revoked')).toMatchObject([{ actorId: tenant.owner.id }]);
  });

  it('made an owner, or enabled again, then all stay open', async () => {
    const admin = await invited(newEmail(), 'admin', tenant.admin);
    await api.patch(`users/${tenant.admin.id}`, { role: 'owner' }, tenant.owner.accessToken).expect(200);
    await api.post(`users/${tenant.admin.id}/enable`, {}, tenant.owner.accessToken).expect(200);
    expect((await list('?status=pending')).results).toMatchObject([{ id: admin.id }]);
  });
});

describe('an API key with user:invite, even an owner’s', () => {
  let key: Caller;
  beforeEach(async () => {
    key = { accessToken: await api.factory.apiKey(tenant.owner, ['user:invite']) };
  });

  it('can invite members and viewers', async () => {
    for (const role of ['member', 'viewer'] as const) expect((await invited(newEmail(), role, key)).role).toBe(role);
  });

  it.each(['owner', 'admin'] as const)('cannot invite, send again, replace or revoke an %s: 403', async (role) => {
    const email = newEmail();
    const { id } = await invited(email, role, tenant.owner);
    api.advance(61);
    for (const call of [
      invite({ email: newEmail(), role }, key),
      invite({ email, role: 'member' }, key),
      resend(id, key),
      revoke(id, key),
    ])
      expect((await call.expect(403)).body).toMatchObject({
        code: 'forbidden',
        detail: expect.stringContaining('API key'),
      });
    expect(await list('?status=pending')).toMatchObject({ count: 1, results: [{ id, role }] });
  });
});

describe('the right to invite', () => {
  it.each(['member', 'viewer'] as const)(
    'is not given to a %s, nor that to see or change invitations: 403',
    async (role) => {
      const { id } = await invited(newEmail());
      const { accessToken } = tenant[role];
      for (const call of [
        invite({ email: newEmail(), role: 'viewer' }, tenant[role]),
        api.get('users/invitations', accessToken),
        resend(id, tenant[role]),
        revoke(id, tenant[role]),
      ])
        expect((await call.expect(403)).body).toMatchObject({ code: 'forbidden', permission: 'user:invite' });
    },
  );

  it('is given to an API key with the scope for it, within the role of its user', async () => {
    const without = { accessToken: await api.factory.apiKey(tenant.admin, ['user:read']) };
    const scoped = { accessToken: await api.factory.apiKey(tenant.admin, ['user:invite']) };
    await invite({ email: newEmail(), role: 'member' }, without).expect(403);
    await invite({ email: newEmail(), role: 'owner' }, scoped).expect(403);
    const invitation = await invited(newEmail(), 'member', scoped);
    expect(invitation.invited_by.id).toBe(tenant.admin.id);
    expect(await api.auditOf(invitation.id)).toMatchObject([{ actorType: 'api_key', actorName: tenant.admin.email }]);
  });

  it('is not given to a caller without a token', async () => {
    await api.post('users/invitations', { email: newEmail(), role: 'member' }).expect(401);
    await api.get('users/invitations').expect(401);
  });

  it('does not reach an invitation of another tenant, or one that does not exist: 404', async () => {
    const { id } = await invited(newEmail());
    const stranger = await api.factory.tenant();
    for (const call of [
      resend(id, stranger.owner),
      revoke(id, stranger.owner),
      resend(randomUUID(), tenant.owner),
      revoke(randomUUID(), tenant.owner),
    ])
      expect((await call.expect(404)).body.code).toBe('invitation_not_found');
    await resend('x').expect(422);
    expect(await list('?status=pending')).toMatchObject({ count: 1 });
  });
});
