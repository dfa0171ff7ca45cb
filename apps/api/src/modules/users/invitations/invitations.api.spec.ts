import type { UserRole } from '@coditect/contracts/common';
import { Invitation, InvitationPage, InviteResponse } from '@coditect/contracts/invitations';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';
import { invitationCalls, newEmail, statusesOf } from '#test/invitation-calls';
import { mailsTo, tokenIn } from '#test/mails';

const DAY_S = 24 * 3600;

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

const { invite, invited, resend, revoke, open, rowsFor, lastToken, later } = invitationCalls(
  () => api,
  () => tenant,
);
const list = async (query = '', by: { accessToken: string } = tenant.admin) =>
  InvitationPage.parse((await api.get(`users/invitations${query}`, by.accessToken).expect(200)).body);

describe('when a person is invited', () => {
  it('then the response shows the invitation without its link', async () => {
    const email = newEmail();
    const { body } = await invite({ email: email.toUpperCase(), role: 'viewer' }).expect(201);
    const [invitation] = body.invitations as [object];
    const { id, name } = tenant.admin;
    expect(Invitation.strict().parse(invitation)).toMatchObject({
      email,
      role: 'viewer',
      status: 'pending',
      invited_by: { id, email: tenant.admin.email, name },
      accepted_at: null,
      revoked_at: null,
    });
    expect(JSON.stringify(body)).not.toContain('civ_');
  });

  it('then the invitation is valid for seven days', async () => {
    const { sent_at, expires_at } = await invited(newEmail());
    expect(Date.parse(expires_at) - Date.parse(sent_at)).toBe(7 * DAY_S * 1000);
    expect(Math.abs(Date.parse(sent_at) - api.clock.now().getTime())).toBeLessThan(10_000);
  });

  it('then a mail names the sender and the organization, with the token in the fragment; only its hash is stored', async () => {
    const email = newEmail();
    const { expires_at } = await invited(email, 'viewer');
    const mails = await mailsTo(api, email);
    expect(mails).toMatchObject([
      { template: 'invitation', data: { tenant: tenant.slug, inviter: 'A admin', role: 'viewer', expires_at } },
    ]);
    const { url } = mails[0]!.data as { url: string };
    expect(url).toMatch(/^http:\/\/licenses\.test\/accept-invitation#token=civ_[\w-]{64}$/);
    const [row] = await rowsFor(email);
    expect(JSON.stringify(row)).not.toContain(tokenIn(mails[0]));
  });

  it('then it is audited', async () => {
    const email = newEmail();
    const { id, expires_at } = await invited(email, 'viewer');
    expect(await api.auditOf(id)).toMatchObject([
      {
        action: 'invitation.created',
        resourceType: 'invitation',
        actorName: tenant.admin.email,
        after: { email, role: 'viewer', expires_at },
      },
    ]);
  });

  it('then a second invitation replaces the first: the old link is invalid, and only one counts', async () => {
    const email = newEmail();
    const first = await invited(email, 'viewer');
    const oldToken = await lastToken(email);
    api.advance(61);
    const second = await invited(email, 'admin');
    await open(oldToken).expect(410);
    expect((await open(await lastToken(email)).expect(200)).body.role).toBe('admin');
    expect(await rowsFor(email)).toMatchObject([
      { id: first.id, revokedAt: expect.any(Date) },
      { id: second.id, revokedAt: null },
    ]);
    expect(await api.auditOf(first.id, 'invitation.revoked')).toHaveLength(1);
  });

  it('by ten requests at once, then one mail is sent', async () => {
    const email = newEmail();
    const answers = await Promise.all(Array.from({ length: 10 }, async () => invite({ email, role: 'member' })));
    expect(statusesOf(answers)).toEqual([201, ...Array<number>(9).fill(429)]);
    expect(await mailsTo(api, email)).toHaveLength(1);
    await open(await lastToken(email)).expect(200);
  });

  it('then a repeated request with the same Idempotency-Key invites and mails once', async () => {
    const email = newEmail();
    const once = async () => invite({ email, role: 'member' }).set('idempotency-key', `"${email}"`).expect(201);
    const [first, second] = [await once(), await once()];
    expect(second.body).toEqual(first.body);
    expect(await mailsTo(api, email)).toHaveLength(1);
  });

  it.each(['active', 'disabled'] as const)(
    'whose address belongs to a user who is %s, then it is refused: 409',
    async (status) => {
      const { email } = await api.factory.user(tenant.id, 'member', { status });
      const { body } = await invite({ email, role: 'member' }).expect(409);
      expect(body).toMatchObject({ code: 'email_taken', emails: [email] });
    },
  );

  it('who is a user of another tenant, then that works', async () => {
    const { member } = await api.factory.tenant();
    expect((await invited(member.email)).email).toBe(member.email);
  });

  it.each([
    [{}, ['email', 'role']],
    [{ email: 'a@example.test' }, ['role']],
    [{ role: 'member' }, ['email']],
    [{ email: 'no address', role: 'member' }, ['email']],
    [{ email: 'a@example.test', role: 'boss' }, ['role']],
    [
      { email: 'a@example.test', role: 'member', invitations: [{ email: 'b@example.test', role: 'member' }] },
      ['email', 'role'],
    ],
    [{ invitations: [] }, ['invitations']],
    [{ invitations: [{ email: 'b@example.test' }] }, ['invitations.0.role']],
    [{ email: 'a@example.test', role: 'member', name: 'A' }, ['name']],
  ])('with %j, then that is refused: 422', async (body, paths) => {
    const answer = await invite(body).expect(422);
    expect((answer.body.errors as { path: string }[]).map(({ path }) => path)).toEqual(paths);
  });
});

describe('when several people are invited at once', () => {
  const several = (count: number, role: UserRole = 'member') =>
    Array.from({ length: count }, () => ({ email: newEmail(), role }));

  it('then all are invited in the given order, each with a mail', async () => {
    const invitations = several(20);
    const { body } = await invite({ invitations }).expect(201);
    expect((body as InviteResponse).invitations.map(({ email }) => email)).toEqual(
      invitations.map(({ email }) => email),
    );
    for (const { email } of invitations) expect(await mailsTo(api, email)).toHaveLength(1);
  });

  it('then none is if an e-mail is taken, and every taken one is named', async () => {
    const [free] = several(1);
    const taken = [tenant.member, tenant.owner].map(({ email }) => ({ email, role: 'viewer' }));
    const { body } = await invite({ invitations: [taken[0], free, taken[1]] }).expect(409);
    expect(body.emails).toEqual(taken.map(({ email }) => email).toSorted());
    expect(await rowsFor(free!.email)).toEqual([]);
    expect(await mailsTo(api, free!.email)).toEqual([]);
  });

  it('then more than 50, or an e-mail twice in any case, are refused: 422', async () => {
    const [one] = several(1);
    const twice = [one!, { ...one!, email: one!.email.toUpperCase() }];
    for (const invitations of [several(51), twice])
      expect((await invite({ invitations }).expect(422)).body.errors).toMatchObject([{ path: 'invitations' }]);
  });
});

describe('the list of invitations', () => {
  it('is filtered by status, and each invitation shows its own', async () => {
    const expired = await invited(newEmail());
    await later(8 * DAY_S);
    const [pending, revoked, accepted] = [
      await invited(newEmail()),
      await invited(newEmail()),
      await invited(newEmail()),
    ];
    await revoke(revoked.id).expect(204);
    const password = 'nanoseconds of wire, handed out';
    const token = await lastToken(accepted.email);
    await api.post(`auth/invitations/${token}/accept`, { name: 'Grace', password }).expect(201);
    for (const [status, { id }] of Object.entries({ expired, pending, revoked, accepted }))
      expect(await list(`?status=${status}`)).toMatchObject({ count: 1, results: [{ id, status }] });
    expect((await list()).count).toBe(4);
  });

  it('is searched by e-mail, filtered by role, ordered and paged', async () => {
    const names = ['b', 'a', 'c'];
    for (const name of names) await invited(`${name}-${tenant.slug}@example.test`, name === 'c' ? 'viewer' : 'member');
    const initials = async (query: string) => (await list(query)).results.map(({ email }) => email[0]);
    expect(await initials('')).toEqual(['c', 'a', 'b']);
    expect(await initials('?ordering=email')).toEqual(['a', 'b', 'c']);
    expect(await initials('?ordering=-expires_at')).toEqual(['c', 'a', 'b']);
    expect(await initials('?search=A-TENANT')).toEqual(['a']);
    expect(await initials('?search=%25')).toEqual([]);
    expect(await initials('?role=viewer')).toEqual(['c']);
    expect(await list('?limit=2')).toMatchObject({ count: 3, next: expect.stringContaining('offset=2') });
  });

  it('shows nothing of another tenant', async () => {
    await invited(newEmail());
    const stranger = await api.factory.tenant();
    expect(await list('', stranger.owner)).toMatchObject({ count: 0, results: [] });
  });
});

describe('when an invitation is revoked', () => {
  it('then its link is invalid, and a second call changes nothing', async () => {
    const email = newEmail();
    const { id } = await invited(email);
    await revoke(id).expect(204);
    expect((await open(await lastToken(email)).expect(410)).body.code).toBe('link_invalid');
    await revoke(id).expect(204);
    expect(await api.auditOf(id, 'invitation.revoked')).toHaveLength(1);
  });

  it('after it was accepted, then that is refused: 409', async () => {
    const email = newEmail();
    const { id } = await invited(email);
    const body = { name: 'Grace', password: 'nanoseconds of wire, handed out' };
    await api.post(`auth/invitations/${await lastToken(email)}/accept`, body).expect(201);
    expect((await revoke(id).expect(409)).body.code).toBe('invitation_not_open');
    expect((await resend(id).expect(409)).body.code).toBe('invitation_not_open');
  });
});
