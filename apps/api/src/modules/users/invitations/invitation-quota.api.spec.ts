import { randomUUID } from 'node:crypto';
import { type Invitation, InviteResponse } from '@coditect/contracts/invitations';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';

const LIMIT = 10;
const EIGHT_DAYS_S = 8 * 24 * 3600;

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  await api.db.system.tenant.update({ where: { id: tenant.id }, data: { planTier: 'pro' } });
});

const newEmail = () => `${randomUUID()}@example.test`;
const invite = (body: object) => api.post('users/invitations', body, tenant.admin.accessToken);
const invited = async (email = newEmail()): Promise<Invitation> => {
  const { body } = await invite({ email, role: 'member' }).expect(201);
  return InviteResponse.parse(body).invitations[0]!;
};
const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, () => work()));
const tryInviting = async () => invite({ email: newEmail(), role: 'member' });
const successes = (answers: { status: number }[]) => answers.filter(({ status }) => status === 201).length;
const resend = ({ id }: Invitation) => api.post(`users/invitations/${id}/resend`, {}, tenant.admin.accessToken);

/** Returns the number of users and of invitations that can still be accepted. */
async function placesTaken(): Promise<number> {
  const { id: tenantId } = tenant;
  const open = { acceptedAt: null, revokedAt: null, expiresAt: { gt: api.clock.now() } };
  return (
    (await api.db.system.user.count({ where: { tenantId, status: { not: 'removed' } } })) +
    (await api.db.system.invitation.count({ where: { tenantId, ...open } }))
  );
}

describe('given a plan with room for 10 users, of which 4 are taken', () => {
  it('when 20 are invited at once, then six succeed, and the other refusals name limit and use', async () => {
    const answers = await times(20, tryInviting);
    expect(successes(answers)).toBe(6);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201))
      expect({ status, ...(body as object) }).toMatchObject({
        status: 403,
        code: 'quota_exceeded',
        quota: 'max_users',
        limit: LIMIT,
        used: LIMIT,
      });
    expect(await placesTaken()).toBe(LIMIT);
  });

  it('when several are invited in one request without room for all, then none is', async () => {
    const invitations = Array.from({ length: 7 }, () => ({ email: newEmail(), role: 'member' }));
    const { body } = await invite({ invitations }).expect(403);
    expect(body).toMatchObject({ code: 'quota_exceeded', quota: 'max_users', limit: LIMIT, used: 4 });
    expect(await placesTaken()).toBe(4);
    await invite({ invitations: invitations.slice(1) }).expect(201);
  });

  it('when invitations are accepted while others are sent, then the limit holds', async () => {
    const before = await times(5, () => invited());
    const tokens = await Promise.all(before.map(async ({ email }) => tokenIn((await mailsTo(api, email)).at(-1))));
    const body = { name: 'Grace', password: 'nanoseconds of wire, handed out' };
    const [answers] = await Promise.all([
      times(10, tryInviting),
      ...tokens.map(async (token) => api.post(`auth/invitations/${token}/accept`, body).expect(201)),
    ]);
    expect(successes(answers)).toBe(1);
    expect(await placesTaken()).toBe(LIMIT);
  });

  it('then disabled users count, and removed ones do not', async () => {
    await api.factory.user(tenant.id, 'member', { status: 'disabled' });
    await api.factory.user(tenant.id, 'member', { status: 'removed' });
    expect(successes(await times(6, tryInviting))).toBe(5);
  });

  it('then an invitation sent again counts once, and a revoked one not at all', async () => {
    const [first] = await times(6, () => invited());
    api.advance(61);
    const again = await invited(first!.email);
    expect((await tryInviting()).status).toBe(403);
    await api.delete(`users/invitations/${again.id}`, tenant.admin.accessToken).expect(204);
    expect((await tryInviting()).status).toBe(201);
  });

  it('then an expired invitation does not count, and needs room to be sent again', async () => {
    const expired = await invited();
    api.advance(EIGHT_DAYS_S);
    tenant = { ...tenant, admin: await api.factory.signIn(tenant.admin) };
    await times(6, () => invited());
    expect((await resend(expired).expect(403)).body).toMatchObject({ code: 'quota_exceeded', used: LIMIT });
  });

  it('then an open invitation can be sent again without room', async () => {
    const [first] = await times(6, () => invited());
    api.advance(61);
    expect((await resend(first!).expect(200)).body.status).toBe('pending');
  });

  it('then seats are granted meanwhile', async () => {
    const [answers, grants] = await Promise.all([times(20, tryInviting), times(3, () => api.takeSeat(tenant.member))]);
    expect([successes(answers), grants.length]).toEqual([6, 3]);
  });
});
