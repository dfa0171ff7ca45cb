import { randomUUID } from 'node:crypto';
import { userRoles } from '@coditect/contracts/names';
import { User, UserPage } from '@coditect/contracts/users';
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

const list = async (query = '', as: { accessToken: string } = tenant.owner) =>
  UserPage.parse((await api.get(`users${query}`, as.accessToken).expect(200)).body);
const idsOf = async (query: string, as?: { accessToken: string }) =>
  (await list(query, as)).results.map(({ id }) => id);
const emailsOf = async (query: string) => (await list(query)).results.map(({ email }) => email);
const read = (user: { id: string }, as: { accessToken: string }) => api.get(`users/${user.id}`, as.accessToken);

describe('the list of users', () => {
  it.each(['owner', 'admin', 'viewer'] as const)('shows an %s all users, newest first', async (role) => {
    const latest = await api.factory.user(tenant.id, 'member', { createdAt: new Date(Date.now() + 1_000) });
    const { count, results } = await list('', tenant[role]);
    expect(count).toBe(5);
    expect(results[0]!.id).toBe(latest.id);
  });

  it('shows a member only itself', async () => {
    expect(await list('', tenant.member)).toMatchObject({ count: 1, results: [{ id: tenant.member.id }] });
    expect(await idsOf('?role=owner', tenant.member)).toEqual([]);
  });

  it('shows an API key without user:read_all only its own user', async () => {
    const some = { accessToken: await api.factory.apiKey(tenant.admin, ['user:read']) };
    const all = { accessToken: await api.factory.apiKey(tenant.admin, ['user:read', 'user:read_all']) };
    expect(await idsOf('', some)).toEqual([tenant.admin.id]);
    expect(await idsOf('', all)).toHaveLength(4);
  });

  it('is refused to an API key without user:read, and to a caller without a token', async () => {
    const key = await api.factory.apiKey(tenant.admin, ['license:read']);
    expect((await api.get('users', key).expect(403)).body).toMatchObject({
      code: 'forbidden',
      permission: 'user:read',
    });
    await api.get('users').expect(401);
  });

  it('is searched by part of the name or e-mail, in any case, taken literally', async () => {
    const ada = await api.factory.user(tenant.id, 'member', { name: 'Ada Lovelace', email: 'countess@example.test' });
    const odd = await api.factory.user(tenant.id, 'member', { name: '100%_\\ Odd' });
    expect(await idsOf('?search=LOVE')).toEqual([ada.id]);
    expect(await idsOf('?search=COUNTESS%40example')).toEqual([ada.id]);
    for (const literal of ['0%25_', '_%5C', '%5C']) expect(await idsOf(`?search=${literal}`)).toEqual([odd.id]);
    expect(await idsOf('?search=L_velace')).toEqual([]);
  });

  it('is filtered by role and status', async () => {
    const disabled = await api.factory.user(tenant.id, 'viewer', { status: 'disabled' });
    expect(await idsOf('?status=disabled')).toEqual([disabled.id]);
    expect(new Set(await idsOf('?role=viewer'))).toEqual(new Set([disabled.id, tenant.viewer.id]));
    expect(await idsOf('?role=viewer&status=active')).toEqual([tenant.viewer.id]);
  });

  it.each([
    ['name', ['a@x.test', 'b@x.test', 'c@x.test']],
    ['-name', ['c@x.test', 'b@x.test', 'a@x.test']],
    ['email', ['a@x.test', 'b@x.test', 'c@x.test']],
    ['-email', ['c@x.test', 'b@x.test', 'a@x.test']],
    ['created_at', ['c@x.test', 'b@x.test', 'a@x.test']],
    ['-created_at', ['a@x.test', 'b@x.test', 'c@x.test']],
    ['last_login_at', ['c@x.test', 'a@x.test', 'b@x.test']],
    ['-last_login_at', ['a@x.test', 'c@x.test', 'b@x.test']],
  ])('is ordered by %s; users who have never signed in come last', async (ordering, expected) => {
    const day = (n: number) => new Date(Date.UTC(2026, 0, n));
    const made: Record<string, { created: Date; lastLoginAt: Date | null }> = {
      a: { created: day(3), lastLoginAt: day(9) },
      b: { created: day(2), lastLoginAt: null },
      c: { created: day(1), lastLoginAt: day(8) },
    };
    for (const [name, { created, lastLoginAt }] of Object.entries(made))
      await api.factory.user(tenant.id, 'member', { name, email: `${name}@x.test`, createdAt: created, lastLoginAt });
    expect(await emailsOf(`?search=x.test&ordering=${ordering}`)).toEqual(expected);
  });

  it('orders names as people do, and equal names by id', async () => {
    const names = ['Zebra', 'ärzte', 'ada', 'Ärzte', 'Émile', 'Bob', 'Ada', 'bob', 'eve', 'Ada'];
    for (const name of names) await api.factory.user(tenant.id, 'member', { name, email: `${randomUUID()}@x.test` });
    const sorted = ['ada', 'Ada', 'Ada', 'ärzte', 'Ärzte', 'bob', 'Bob', 'Émile', 'eve', 'Zebra'];
    const up = (await list('?search=x.test&ordering=name')).results;
    expect(up.map(({ name }) => name)).toEqual(sorted);
    expect(up[1]!.id < up[2]!.id).toBe(true);
    const down = (await list('?search=x.test&ordering=-name')).results;
    expect(down.map(({ name }) => name)).toEqual(sorted.toReversed());
    expect(down.slice(7, 9)).toEqual(up.slice(1, 3));
  });

  it.each(['users', 'projects'])('has an index in the order of the names of %s', async (table) => {
    const plan = await api.db.systemTx(async (tx) => {
      await tx.$executeRaw`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)`;
      return tx.$queryRawUnsafe<{ 'QUERY PLAN': string }[]>(
        `EXPLAIN (COSTS OFF) SELECT * FROM ${table} WHERE tenant_id = '${tenant.id}' ORDER BY name, id LIMIT 50`,
      );
    });
    const lines = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(lines).toContain(`${table}_tenant_id_name_id_idx`);
    expect(lines).not.toContain('Sort');
  });

  it('has pages', async () => {
    const { next, previous, results } = await list('?limit=3&ordering=email');
    expect(previous).toBeNull();
    const rest = await api.http().get(next!).set('authorization', `Bearer ${tenant.owner.accessToken}`).expect(200);
    const all = [...results, ...UserPage.parse(rest.body).results].map(({ email }) => email);
    expect(all).toEqual(userRoles.map((role) => tenant[role].email).toSorted());
  });

  it.each(['?ordering=role', '?status=gone', '?role=boss', '?limit=0', '?password_hash=x'])(
    'refuses %s: 422',
    async (query) => {
      await api.get(`users${query}`, tenant.owner.accessToken).expect(422);
    },
  );
});

describe('removed users', () => {
  let gone: TestUser;
  beforeEach(async () => {
    gone = await api.factory.user(tenant.id, 'member', { status: 'removed' });
  });

  it('are listed only for managers, and only on request', async () => {
    expect(await idsOf('')).not.toContain(gone.id);
    for (const manager of [tenant.owner, tenant.admin])
      expect(await idsOf('?status=removed', manager)).toEqual([gone.id]);
    for (const other of [tenant.viewer, tenant.member]) expect(await idsOf('?status=removed', other)).toEqual([]);
  });

  it('are read by managers only', async () => {
    expect((await read(gone, tenant.admin).expect(200)).body.status).toBe('removed');
    expect((await read(gone, tenant.viewer).expect(404)).body.code).toBe('user_not_found');
  });
});

describe('a user', () => {
  it('is read with its version as ETag', async () => {
    const answer = await read(tenant.member, tenant.viewer).expect(200);
    expect(User.strict().parse(answer.body)).toMatchObject({
      id: tenant.member.id,
      email: tenant.member.email,
      role: 'member',
      status: 'active',
      email_verified: false,
      two_factor_enabled: false,
      version: 1,
    });
    expect(answer.headers['etag']).toBe('"v1"');
  });

  it('shows whether its e-mail is verified and its second factor is on', async () => {
    const safe = await api.factory.user(tenant.id, 'member', {
      emailVerifiedAt: new Date(),
      totpEnabledAt: new Date(),
    });
    const { body } = await read(safe, tenant.owner).expect(200);
    expect(body).toMatchObject({ email_verified: true, two_factor_enabled: true });
  });

  it('shows how many seats it holds now, without lapsed and ended ones', async () => {
    const own = await api.factory.tenant({ seatsTotal: 10 });
    await api.takeSeat(own.member);
    const released = await api.takeSeat(own.member);
    await api.release(released.session_token).expect(200);
    await api.takeSeat(own.member);
    await api.takeSeat(own.admin);
    expect((await read(own.member, own.member).expect(200)).body.seats_held).toBe(2);
    const held = Object.fromEntries((await list('', own.owner)).results.map((user) => [user.role, user.seats_held]));
    expect(held).toEqual({ owner: 0, admin: 1, member: 2, viewer: 0 });
    api.advance(361);
    expect((await read(own.member, own.member).expect(200)).body.seats_held).toBe(0);
  });

  it('shows when one of its logins was last used', async () => {
    const at = new Date('2026-02-03T04:05:06.000Z');
    const { id, loginId } = tenant.member;
    await api.db.system.login.updateMany({ where: { tenantId: tenant.id, userId: id }, data: { lastUsedAt: at } });
    const { tenantId, expiresAt } = await api.db.system.login.findFirstOrThrow({ where: { id: loginId } });
    await api.db.system.login.create({
      data: { tenantId, userId: id, method: 'password', expiresAt, lastUsedAt: new Date(0) },
    });
    const newcomer = await api.factory.user(tenant.id, 'member');
    await api.db.system.login.deleteMany({ where: { tenantId: tenant.id, userId: newcomer.id } });
    expect((await read(tenant.member, tenant.owner).expect(200)).body.last_seen_at).toBe(at.toISOString());
    expect((await read(newcomer, tenant.owner).expect(200)).body.last_seen_at).toBeNull();
  });

  it('can read itself with every role', async () => {
    for (const role of ['owner', 'admin', 'member', 'viewer'] as const)
      expect((await read(tenant[role], tenant[role]).expect(200)).body.role).toBe(role);
  });

  it('is not found by another member or another tenant, or if it does not exist: 404', async () => {
    const stranger = await api.factory.tenant();
    for (const call of [
      read(tenant.owner, tenant.member),
      read(tenant.owner, stranger.owner),
      read({ id: randomUUID() }, tenant.owner),
    ])
      expect((await call.expect(404)).body.code).toBe('user_not_found');
  });
});
