import { Tenant } from '@coditect/contracts/tenants';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant, type TestUser } from '#test/factory';
import { mailsOf } from '#test/mails';
import { hashPassword } from '#test/passwords';
import { TenantsService } from '../tenants.service.js';

const DAY_MS = 86_400_000;
const PASSWORD = 'correct horse battery staple';

let api: TestApp;
let tenant: TestTenant;
let passwordHash: string;
beforeAll(async () => {
  [api, passwordHash] = await Promise.all([sharedApp(), hashPassword(PASSWORD)]);
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 100 });
});

const close = (body: object = {}, by: TestUser = tenant.owner) =>
  api.post('tenant/close', { confirm_slug: tenant.slug, ...body }, by.accessToken);
const reopen = (by: TestUser = tenant.owner) => api.post('tenant/reopen', {}, by.accessToken);
const stored = () => api.db.system.tenant.findUniqueOrThrow({ where: { id: tenant.id } });
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];
const mails = () => mailsOf(api, tenant);
const setPassword = ({ id, tenantId }: TestUser) =>
  api.db.system.user.update({ where: { tenantId_id: { tenantId, id } }, data: { passwordHash } });

describe('when an owner closes the tenant', () => {
  it('then it is closed, and its data is to be deleted after 30 days', async () => {
    const before = Date.now();
    const body = Tenant.strict().parse((await close().expect(200)).body);
    expect(body).toMatchObject({ status: 'closed', version: 2 });
    const days = (Date.parse(body.delete_after!) - before) / DAY_MS;
    expect(days).toBeGreaterThanOrEqual(30);
    expect(days).toBeLessThan(30.01);
    expect(await api.auditOf(tenant.id, 'tenant.closed')).toMatchObject([
      {
        actorId: tenant.owner.id,
        before: { status: 'active', delete_after: null },
        after: { status: 'closed', delete_after: body.delete_after },
      },
    ]);
  });

  it('then all live license sessions end at once, and the next heartbeat says why', async () => {
    const reports = await api.factory.license(tenant.id, { product: 'reports' });
    const seats = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.admin, { product: 'reports' })];
    await close().expect(200);
    for (const license of [tenant.license, reports])
      expect(await api.seatsHeld(license)).toEqual({ postgres: 0, ledger: 0 });
    for (const seat of seats) {
      expect(await api.row(seat)).toMatchObject({ status: 'revoked', endReason: 'tenant_closed' });
      const { body } = await api.heartbeat(seat.session_token).expect(403);
      expect(body).toMatchObject({ code: 'tenant_closed', end_reason: 'tenant_closed' });
      expect(await api.auditOf(seat.session_id, 'license_session.revoked')).toHaveLength(1);
    }
  });

  it('then all active owners, and no other users, get an e-mail', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    await api.factory.user(tenant.id, 'owner', { status: 'disabled' });
    const { body } = await close().expect(200);
    const sent = await mails();
    expect(sent.map(({ to }) => to).toSorted()).toEqual([tenant.owner.email, second.email].toSorted());
    for (const mail of sent)
      expect(mail).toMatchObject({
        template: 'tenant_closing',
        data: { tenant: tenant.slug, closed_by: tenant.owner.email, delete_after: body.delete_after },
      });
  });

  it('then other tenants are not affected', async () => {
    const other = await api.factory.tenant();
    const seat = await api.takeSeat(other.member);
    await close().expect(200);
    await api.heartbeat(seat.session_token).expect(200);
    await api.patch('tenant', { name: 'Going on' }, other.owner.accessToken).expect(200);
  });

  it('then closing again is refused', async () => {
    await close().expect(200);
    expect(codeOf(await close())).toEqual([403, 'tenant_closed']);
    expect(await mails()).toHaveLength(1);
  });

  it('then only one of two concurrent requests succeeds', async () => {
    const second = await api.factory.user(tenant.id, 'owner');
    const answers = await Promise.all([close(), close({}, second)]);
    expect(answers.map(codeOf)).toEqual(
      expect.arrayContaining([
        [200, undefined],
        [403, 'tenant_closed'],
      ]),
    );
    expect(await api.auditOf(tenant.id, 'tenant.closed')).toHaveLength(1);
  });
});

describe('closing is refused', () => {
  const expectStillActive = async () => expect(await stored()).toMatchObject({ status: 'active', deleteAfter: null });

  it('without the slug typed out', async () => {
    for (const confirm_slug of ['', tenant.slug.toUpperCase(), `${tenant.slug} `, 'acme']) {
      const { body } = await close({ confirm_slug }).expect(422);
      expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'confirm_slug' }] });
    }
    await expectStillActive();
  });

  it('to all users but owners, and to an owner’s API key', async () => {
    for (const role of ['admin', 'member', 'viewer'] as const)
      expect(codeOf(await close({}, tenant[role]))).toEqual([403, 'forbidden']);
    const key = await api.factory.apiKey(tenant.owner, ['tenant:read', 'tenant:update']);
    const body = { confirm_slug: tenant.slug };
    expect(codeOf(await api.post('tenant/close', body, key))).toEqual([403, 'forbidden']);
    await expectStillActive();
  });

  it('without the password, if the user has one', async () => {
    await setPassword(tenant.owner);
    for (const password of [undefined, 'not it'])
      expect(codeOf(await close({ password }))).toEqual([401, 'invalid_credentials']);
    await expectStillActive();
    await close({ password: PASSWORD }).expect(200);
  });

  it('for a version other than the current one', async () => {
    expect(codeOf(await close().set('if-match', '"v7"'))).toEqual([412, 'precondition_failed']);
    await expectStillActive();
  });

  it('while the tenant is suspended, because reopening would lift the suspension', async () => {
    await api.asSystem(() => api.app.get(TenantsService).changeStatus(tenant.id, 'suspended'));
    expect(codeOf(await close())).toEqual([403, 'tenant_suspended']);
    expect((await stored()).status).toBe('suspended');
    expect((await reopen().expect(200)).body.status).toBe('suspended');
  });
});

describe('given a closed tenant', () => {
  beforeEach(async () => {
    await setPassword(tenant.member);
    await close().expect(200);
  });

  it('then its users can sign in and read', async () => {
    const credentials = { email: tenant.member.email, password: PASSWORD, tenant: tenant.slug };
    const { access_token } = (await api.post('auth/login', credentials).expect(200)).body as { access_token: string };
    for (const route of ['tenant', 'tenant/quota', 'auth/me', 'licenses', 'license-sessions'])
      await api.get(route, access_token).expect(200);
    expect((await api.get('tenant', access_token).expect(200)).body.status).toBe('closed');
  });

  it('then acquires are refused, and the denial has the reason', async () => {
    const machine_id = newMachine();
    const { accessToken } = tenant.member;
    expect(codeOf(await api.post('licenses/acquire', { machine_id }, accessToken))).toEqual([403, 'tenant_closed']);
    const { body } = await api.post('licenses/validate', { machine_id }, accessToken).expect(200);
    expect(body).toMatchObject({ valid: false, code: 'tenant_closed' });
    const denials = await api.db.system.denial.findMany({ where: { tenantId: tenant.id } });
    expect(denials.map(({ reason }) => reason)).toEqual(['tenant_closed', 'tenant_closed']);
  });

  it('then changes are refused to users and to API keys', async () => {
    const key = await api.factory.apiKey(tenant.admin, ['tenant:update', 'user:disable']);
    for (const accessToken of [tenant.owner.accessToken, tenant.admin.accessToken, key]) {
      expect(codeOf(await api.patch('tenant', { name: 'Other' }, accessToken))).toEqual([403, 'tenant_closed']);
      const disabled = await api.post(`users/${tenant.viewer.id}/disable`, {}, accessToken);
      expect(codeOf(disabled)).toEqual([403, 'tenant_closed']);
    }
    expect((await stored()).name).toBe(tenant.slug);
  });

  it('then changes of a suspended tenant are refused too, with the code of the suspension', async () => {
    const suspended = await api.factory.tenant();
    await api.asSystem(() => api.app.get(TenantsService).changeStatus(suspended.id, 'suspended'));
    for (const [route, body] of [
      ['projects', { name: 'Apollo' }],
      ['users/invitations', { email: 'a@b.test', role: 'member' }],
    ] as const)
      expect(codeOf(await api.post(route, body, suspended.owner.accessToken))).toEqual([403, 'tenant_suspended']);
    await api.get('projects', suspended.owner.accessToken).expect(200);
  });

  it('then users can still secure their accounts, and keys can be revoked', async () => {
    const { id, accessToken } = tenant.admin;
    await api.factory.apiKey(tenant.admin, ['license:read']);
    const { id: key } = await api.db.system.apiKey.findFirstOrThrow({ where: { userId: id } });
    await api.delete(`auth/api-keys/${key}`, accessToken).expect(204);
    await api.post('auth/logout-everywhere', {}, accessToken).expect(204);
    await api.get('auth/me', accessToken).expect(401);
  });

  it('then a caller without the permission gets forbidden, not tenant_closed', async () => {
    expect(codeOf(await api.patch('tenant', { name: 'Other' }, tenant.viewer.accessToken))).toEqual([403, 'forbidden']);
  });

  it('then its owner can still export the data', async () => {
    await api.post('tenant/exports', {}, tenant.owner.accessToken).expect(202);
  });
});

describe('when a closed tenant is reopened', () => {
  const closeAt = (deleteAfter: Date) =>
    api.db.system.tenant.update({ where: { id: tenant.id }, data: { status: 'closed', deleteAfter } });

  it('then everything works as before', async () => {
    const ended = await api.takeSeat(tenant.member);
    const { body: closed } = await close().expect(200);
    const { body } = await reopen().expect(200);
    expect(Tenant.strict().parse(body)).toMatchObject({ status: 'active', delete_after: null, version: 3 });
    expect(await api.auditOf(tenant.id, 'tenant.reopened')).toMatchObject([
      {
        before: { status: 'closed', delete_after: closed.delete_after },
        after: { status: 'active', delete_after: null },
      },
    ]);
    await api.patch('tenant', { name: 'Back' }, tenant.admin.accessToken).expect(200);
    await api.takeSeat(tenant.member);
    expect(codeOf(await api.heartbeat(ended.session_token))).toEqual([403, 'tenant_closed']);
  });

  it('then only an owner can do it', async () => {
    await close().expect(200);
    for (const role of ['admin', 'member', 'viewer'] as const)
      expect(codeOf(await reopen(tenant[role]))).toEqual([403, 'forbidden']);
    expect((await stored()).status).toBe('closed');
  });

  it('then it is refused after the day of deletion', async () => {
    await closeAt(new Date(Date.now() - 1000));
    expect(codeOf(await reopen())).toEqual([403, 'tenant_closed']);
    await closeAt(new Date(Date.now() + 60_000));
    await reopen().expect(200);
  });

  it('then a tenant that is not closed stays unchanged', async () => {
    expect((await reopen().expect(200)).body).toMatchObject({ status: 'active', version: 1 });
    expect(await api.auditOf(tenant.id)).toEqual([]);
  });
});

describe('given 50 acquires in flight, when the tenant is closed between them', () => {
  it('then no session is active afterwards, neither in Postgres nor in the ledger', async () => {
    const acquire = async () => api.post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken);
    const before = Array.from({ length: 25 }, acquire);
    await expect
      .poll(async () => (await api.seatsHeld(tenant.license)).postgres, { interval: 1, timeout: 10_000 })
      .toBeGreaterThan(2);
    const answers = await Promise.all([...before, close(), ...Array.from({ length: 25 }, acquire)]);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
    const refused = answers.filter(({ status }) => status >= 400);
    expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => 'tenant_closed'));
  });
});
