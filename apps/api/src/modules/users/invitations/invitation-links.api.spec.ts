import { randomUUID } from 'node:crypto';
import { TokenResponse } from '@coditect/contracts/auth';
import type { UserRole } from '@coditect/contracts/common';
import { OpenInvitation } from '@coditect/contracts/invitations';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { cookiesSetBy } from '#test/cookies';
import type { TestTenant } from '#test/factory';
import { mailsTo, tokenIn } from '#test/mails';
import { TenantsService } from '#modules/tenants/tenants.service';

const PASSWORD = 'nanoseconds of wire, handed out';

let api: TestApp;
let tenant: TestTenant;
let email: string;
let token: string;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  email = `${randomUUID()}@example.test`;
  token = await invited('viewer');
});

/** @returns the token of the link that was mailed */
async function invited(role: UserRole): Promise<string> {
  await api.post('users/invitations', { email, role }, tenant.owner.accessToken).expect(201);
  return tokenIn((await mailsTo(api, email)).at(-1));
}
const statusesOf = (answers: { status: number }[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);
const open = (of = token) => api.get(`auth/invitations/${of}`);
const accept = (body: object = { name: 'Grace Hopper', password: PASSWORD }, of = token) =>
  api.post(`auth/invitations/${of}/accept`, body);
const userOf = (address = email) => api.db.system.user.findFirst({ where: { email: address } });
const suspend = () => api.asSystem(() => api.app.get(TenantsService).changeStatus(tenant.id, 'suspended'));

describe('given the link of an invitation', () => {
  it('then it shows the invitation to every holder of the link, uncached', async () => {
    const { body, headers } = await open().expect(200);
    expect(OpenInvitation.strict().parse(body)).toMatchObject({
      tenant: { name: tenant.slug, slug: tenant.slug },
      email,
      role: 'viewer',
    });
    expect(headers['cache-control']).toBe('no-store');
    await open().expect(200);
  });

  it('then accepting it creates the user, with its e-mail verified, and signs it in', async () => {
    const { body, headers } = await accept({ name: ' Grace Hopper ', password: PASSWORD }).expect(201);
    expect(headers['cache-control']).toBe('no-store');
    const { access_token, refresh_token } = TokenResponse.strict().parse(body);
    const me = await api.get('auth/me', access_token).expect(200);
    expect(me.body).toMatchObject({ email, name: 'Grace Hopper', role: 'viewer', tenant: { id: tenant.id } });
    await api.post('auth/refresh', { refresh_token }).expect(200);
    expect(await userOf()).toMatchObject({
      tenantId: tenant.id,
      status: 'active',
      emailVerifiedAt: expect.any(Date),
      lastLoginAt: expect.any(Date),
    });
  });

  it('then the password signs in from then on', async () => {
    await accept().expect(201);
    await api.post('auth/login', { email, password: PASSWORD }).expect(200);
  });

  it('then the new user, its login and the invitation are audited, with itself as the actor', async () => {
    await accept().expect(201);
    const { id } = (await userOf())!;
    const by = { actorType: 'user', actorId: id, actorName: email };
    expect(await api.auditOf(id)).toMatchObject([
      { ...by, action: 'user.created', after: { email, name: 'Grace Hopper', role: 'viewer', status: 'active' } },
      { ...by, action: 'user.logged_in', after: { method: 'invitation' } },
    ]);
    const invitation = await api.db.system.invitation.findFirstOrThrow({ where: { email } });
    expect(await api.auditOf(invitation.id, 'invitation.accepted')).toMatchObject([{ ...by, after: { user_id: id } }]);
  });

  it('then a browser gets the refresh token in a cookie, if a page of the dashboard asks for it', async () => {
    const body = { name: 'Grace', password: PASSWORD, token_delivery: 'cookie' };
    expect((await accept(body).expect(403)).body.code).toBe('cross_site_request');
    const answer = await accept(body).set('sec-fetch-site', 'same-origin').expect(201);
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(cookiesSetBy(answer)).toEqual([expect.stringMatching(/^__Host-refresh=crt_.*HttpOnly/i)]);
  });

  it('then only one of many simultaneous calls can accept it', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, async () => accept()));
    expect(statusesOf(answers)).toEqual([201, ...Array<number>(7).fill(410)]);
    expect(await api.db.system.user.count({ where: { email } })).toBe(1);
    expect(await api.db.system.login.count({ where: { user: { email } } })).toBe(1);
    for (const call of [open(), accept()]) expect((await call.expect(410)).body.code).toBe('link_invalid');
  });

  it('then one of accepting and revoking succeeds, if both happen at once', async () => {
    const { id } = await api.db.system.invitation.findFirstOrThrow({ where: { email } });
    const [accepted, revoked] = await Promise.all([
      (async () => accept())(),
      (async () => api.delete(`users/invitations/${id}`, tenant.owner.accessToken))(),
    ]);
    expect([
      [201, 409],
      [410, 204],
    ]).toContainEqual([accepted.status, revoked.status]);
    expect(await api.db.system.user.count({ where: { email } })).toBe(accepted.status === 201 ? 1 : 0);
  });

  it('then no open invitation is left for a user, if it is accepted and sent again at once', async () => {
    api.advance(61);
    const [accepted, again] = await Promise.all([
      (async () => accept())(),
      (async () => api.post('users/invitations', { email, role: 'admin' }, tenant.owner.accessToken))(),
    ]);
    expect([
      [201, 409],
      [410, 201],
    ]).toContainEqual([accepted.status, again.status]);
  });

  it('then it is valid for seven days, to the second', async () => {
    api.advance(7 * 24 * 3600 - 30);
    await open().expect(200);
    api.advance(31);
    for (const call of [open(), accept()]) expect((await call.expect(410)).body.code).toBe('link_invalid');
    expect(await userOf()).toBeNull();
  });

  it.each(['disabled', 'removed', 'demoted'] as const)(
    'then it stays valid when its sender has been %s',
    async (fate) => {
      const second = await api.factory.user(tenant.id, 'owner');
      const route = `users/${tenant.owner.id}`;
      if (fate === 'disabled') await api.post(`${route}/disable`, {}, second.accessToken).expect(200);
      if (fate === 'removed') await api.delete(route, second.accessToken).expect(204);
      if (fate === 'demoted') await api.patch(route, { role: 'viewer' }, second.accessToken).expect(200);
      await accept().expect(201);
    },
  );

  it('then it stays valid when the plan has no room left', async () => {
    await api.db.system.tenant.update({ where: { id: tenant.id }, data: { planTier: 'free' } });
    await accept().expect(201);
  });

  it('then an invited owner becomes an owner', async () => {
    api.advance(61);
    const owners = await invited('owner');
    await accept(undefined, owners).expect(201);
    expect((await userOf())!.role).toBe('owner');
  });

  it('then it is refused while the tenant is suspended or closed: 403', async () => {
    await suspend();
    for (const call of [open(), accept()]) expect((await call.expect(403)).body.code).toBe('tenant_suspended');
    await api.db.system.tenant.update({ where: { id: tenant.id }, data: { status: 'closed' } });
    for (const call of [open(), accept()]) expect((await call.expect(403)).body.code).toBe('tenant_closed');
    await api.db.system.tenant.update({ where: { id: tenant.id }, data: { status: 'active' } });
    await accept().expect(201);
  });

  it('then it is refused when a user has got the e-mail meanwhile: 409, and the invitation stays open', async () => {
    const user = await api.factory.user(tenant.id, 'member', { email });
    expect((await accept().expect(409)).body).toMatchObject({ code: 'email_taken', emails: [email] });
    await open().expect(200);
    expect((await userOf())!.id).toBe(user.id);
  });

  it.each([
    ['short', 'too_short'],
    ['passwordpassword', 'password_breached'],
    ['coditect is what I use', 'contains_context'],
  ])('then the password "%s" is refused: 422, and the link stays valid', async (password, code) => {
    const { body } = await accept({ name: 'Grace', password }).expect(422);
    expect(body.errors).toContainEqual(expect.objectContaining({ path: 'password', code }));
    await accept().expect(201);
  });

  it('then a missing name, and a role or e-mail in the body, are refused: 422', async () => {
    for (const body of [
      { password: PASSWORD },
      { name: ' ', password: PASSWORD },
      { name: 'Grace', password: PASSWORD, role: 'owner' },
      { name: 'Grace', password: PASSWORD, email: 'other@example.test' },
    ])
      await accept(body).expect(422);
    expect(await userOf()).toBeNull();
  });
});

describe('a token that is not a valid invitation', () => {
  it('gives 410 in every form', async () => {
    const bytes = Buffer.from(token.slice('civ_'.length), 'base64url');
    const changed = [0, 16, 47].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 1;
      return `civ_${copy.toString('base64url')}`;
    });
    for (const wrong of [...changed, `cpr_${token.slice(4)}`, 'civ_', 'x', `${token}A`, randomUUID()])
      for (const call of [open(wrong), accept(undefined, wrong)])
        expect((await call.expect(410)).body.code).toBe('link_invalid');
    await open().expect(200);
  });

  it('with the id of another tenant gives 410', async () => {
    const stranger = await api.factory.tenant();
    const bytes = Buffer.from(token.slice('civ_'.length), 'base64url');
    Buffer.from(stranger.id.replaceAll('-', ''), 'hex').copy(bytes);
    await accept(undefined, `civ_${bytes.toString('base64url')}`).expect(410);
    expect(await userOf()).toBeNull();
  });
});
