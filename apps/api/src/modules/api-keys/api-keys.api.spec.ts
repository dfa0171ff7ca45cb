import { createHash, randomUUID } from 'node:crypto';
import { type ApiKey, ApiKeyPage, CreatedApiKey } from '@coditect/contracts/api-keys';
import { apiKeyScopes } from '@coditect/contracts/names';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';
import { mailsTo } from '#test/mails';
import { rolesOf } from '#platform/access/permissions';

const DAY_MS = 24 * 60 * 60 * 1000;

let api: TestApp;
let tenant: TestTenant;
let colleague: TestUser;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  api.clock.offsetMs = 0;
  tenant = await api.factory.tenant();
  colleague = await api.factory.user(tenant.id, 'member');
});

const call = (method: 'get' | 'post' | 'patch' | 'delete', route: string, user: TestUser, body?: object) => {
  const request = api.http()[method](`/api/v1/auth/api-keys${route}`);
  return request.set('authorization', `Bearer ${user.accessToken}`).send(body);
};
const BODY = { name: 'Build machines', scopes: ['license:read'] };
const make = (user: TestUser, body: object = {}) => call('post', '', user, { ...BODY, ...body });
const keyOf = async (user: TestUser, body?: object) => (await make(user, body).expect(201)).body as CreatedApiKey;
const uses = (key: string) => api.get('licenses', key);
const rotate = (id: string, user: TestUser, body: object = {}) => call('post', `/${id}/rotate`, user, body);
type Listed = { results: ApiKey[] };
const lifeDays = ({ created_at, expires_at }: ApiKey) => (Date.parse(expires_at!) - Date.parse(created_at)) / DAY_MS;

describe('making an API key', () => {
  it('shows the key once, uncached, with its details', async () => {
    const { body, headers } = await make(tenant.member, { scopes: ['license:read', 'self:read', 'license:read'] });
    CreatedApiKey.strict().parse(body);
    expect(headers['cache-control']).toBe('no-store');
    const { key, ...rest } = body as CreatedApiKey;
    expect(rest).toEqual({
      id: expect.any(String),
      name: 'Build machines',
      prefix: `cak_…${key.slice(-6)}`,
      scopes: ['self:read', 'license:read'],
      status: 'active',
      user: { id: tenant.member.id, email: tenant.member.email, name: tenant.member.name },
      expires_at: expect.any(String),
      last_used_at: null,
      revoked_at: null,
      created_at: expect.any(String),
    });
    expect(lifeDays(body)).toBe(90);
    expect((await mailsTo(api, tenant.member.email)).at(-1)).toMatchObject({
      template: 'api_key_created',
      data: { tenant: tenant.slug, name: 'Build machines', prefix: rest.prefix },
    });
    const again = await call('get', `/${body.id}`, tenant.member).expect(200);
    expect(again.body).toEqual(rest);
  });

  it('stores a hash of it, and neither the row nor any audit entry holds the key', async () => {
    const { id, key } = await keyOf(tenant.member);
    const row = await api.db.system.apiKey.findFirstOrThrow({ where: { id } });
    const secret = Buffer.from(key.slice(4), 'base64url').subarray(16, 48);
    expect(Buffer.from(row.keyHash)).toEqual(createHash('sha256').update(secret).digest());
    const { rows } = await api.db.systemQuery<{ text: string }>(
      `SELECT to_jsonb(k)::text AS text FROM api_keys k WHERE id::text = $1
       UNION ALL SELECT to_jsonb(a)::text FROM audit_logs a WHERE resource_id = $1`,
      [id],
    );
    expect(rows).toHaveLength(2);
    for (const form of [key, key.slice(4, -6), secret.toString('hex'), secret.toString('base64')])
      expect(rows.map(({ text }) => text).join()).not.toContain(form);
    expect(await api.auditOf(id)).toMatchObject([
      {
        action: 'api_key.created',
        resourceType: 'api_key',
        actorType: 'user',
        actorId: tenant.member.id,
        after: { name: 'Build machines', scopes: ['license:read'], expires_at: row.expiresAt!.toISOString() },
      },
    ]);
  });

  it('repeated with its Idempotency-Key, returns the same key, which is not stored in plain text', async () => {
    const idempotencyKey = randomUUID();
    const first = await make(tenant.member).set('idempotency-key', idempotencyKey).expect(201);
    const again = await make(tenant.member).set('idempotency-key', idempotencyKey).expect(201);
    expect([again.body, again.headers['cache-control']]).toEqual([first.body, 'no-store']);
    const { rows } = await api.db.systemQuery<{ text: string }>(
      'SELECT to_jsonb(k)::text AS text FROM idempotency_keys k WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.text).not.toContain(first.body.key);
    expect(rows[0]!.text).not.toContain(first.body.name);
  });

  it('accepts 1 to 365 days', async () => {
    expect(lifeDays(await keyOf(tenant.member, { expires_in_days: 1 }))).toBe(1);
    expect(lifeDays(await keyOf(tenant.member, { expires_in_days: 365 }))).toBe(365);
    for (const expires_in_days of [0, 366, 1.5, '90']) await make(tenant.member, { expires_in_days }).expect(422);
  });

  it('without an expiry is for owners and admins', async () => {
    for (const role of ['owner', 'admin'] as const)
      expect((await keyOf(tenant[role], { expires_in_days: null })).expires_at).toBeNull();
    const { body } = await make(tenant.member, { expires_in_days: null }).expect(422);
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'expires_in_days' }] });
  });

  it('refuses scopes that the role of its user does not include, and names each', async () => {
    const wanted = ['license:read', 'audit:read', 'license_session:acquire', 'tenant:update'];
    const { body } = await make(tenant.member, { scopes: wanted }).expect(422);
    expect(body.errors.map((error: { path: string }) => error.path)).toEqual(['scopes.1', 'scopes.3']);
    expect((await keyOf(tenant.admin, { scopes: wanted })).scopes).toHaveLength(4);
  });

  it.each(['owner', 'admin', 'member'] as const)('accepts all scopes that the role %s includes', async (role) => {
    const within = apiKeyScopes.filter((scope) => rolesOf[scope].includes(role));
    expect((await keyOf(tenant[role], { scopes: within })).scopes).toEqual(within);
  });

  it.each([
    ['no name', { name: undefined }, 'name'],
    ['a blank name', { name: ' ' }, 'name'],
    ['a name of two lines', { name: 'a\nb' }, 'name'],
    ['a name that is read backwards', { name: 'a\u202eb' }, 'name'],
    ['no scopes', { scopes: [] }, 'scopes'],
    ['an unknown scope', { scopes: ['everything'] }, 'scopes.0'],
    ['what is a person’s own', { scopes: ['license:read', 'api_key:manage'] }, 'scopes.1'],
    ['an unknown field', { key: 'cak_mine' }, 'key'],
  ])('with %s is refused: 422', async (_, body, path) => {
    const answer = await make(tenant.member, body).expect(422);
    expect(answer.body.errors[0].path).toBe(path);
  });

  it('is refused to a viewer', async () => {
    const { body } = await make(tenant.viewer).expect(403);
    expect(body.permission).toBe('api_key:manage');
  });
});

describe('the user’s own API keys', () => {
  it('are listed with the newest first, without secrets, expired and revoked ones too', async () => {
    const made: CreatedApiKey[] = [];
    for (const name of ['Nightly', 'Release', 'CI_1']) {
      made.push(await keyOf(tenant.member, { name, expires_in_days: name === 'Nightly' ? 1 : 30 }));
      api.advance(1);
    }
    await keyOf(colleague);
    await call('delete', `/${made[1]!.id}`, tenant.member).expect(204);
    api.clock.offsetMs = 2 * DAY_MS;
    const member = await api.factory.signIn(tenant.member);
    const names = async (query: string) => {
      const { body } = await call('get', `?${query}`, member).expect(200);
      ApiKeyPage.strict().parse(body);
      return (body as Listed).results.map(({ name, status }) => `${name} ${status}`);
    };
    expect(await names('')).toEqual(['CI_1 active', 'Release revoked', 'Nightly expired']);
    expect(await names('ordering=name')).toEqual(['CI_1 active', 'Nightly expired', 'Release revoked']);
    expect(await names('ordering=expires_at&limit=1')).toEqual(['Nightly expired']);
    expect(await names('search=_')).toEqual(['CI_1 active']);
    expect(await names('search=release')).toEqual(['Release revoked']);
    for (const [status, name] of Object.entries({ active: 'CI_1', revoked: 'Release', expired: 'Nightly' }))
      expect(await names(`status=${status}`)).toEqual([`${name} ${status}`]);
    expect((await call('get', '', member)).text).not.toMatch(/"key"|hash/);
  });

  it('that were never used come last when ordered by use', async () => {
    const [first, second, third] = [await keyOf(tenant.member), await keyOf(tenant.member), await keyOf(tenant.member)];
    await uses(second.key).expect(200);
    api.advance(90);
    await uses(first.key).expect(200);
    const order = async (ordering: string) => {
      const { body } = await call('get', `?ordering=${ordering}`, tenant.member).expect(200);
      return (body as Listed).results.map(({ id }) => id);
    };
    expect(await order('last_used_at')).toEqual([second.id, first.id, third.id]);
    expect(await order('-last_used_at')).toEqual([first.id, second.id, third.id]);
  });

  it('are renamed, and that is audited', async () => {
    const { id, key, ...rest } = await keyOf(tenant.member);
    const { body } = await call('patch', `/${id}`, tenant.member, { name: 'Nightly' }).expect(200);
    expect(body).toEqual({ ...rest, id, name: 'Nightly' });
    for (const same of [{ name: 'Nightly' }, {}]) await call('patch', `/${id}`, tenant.member, same).expect(200);
    expect(await api.auditOf(id, 'api_key.renamed')).toMatchObject([
      { before: { name: 'Build machines' }, after: { name: 'Nightly' } },
    ]);
    await uses(key).expect(200);
    await call('patch', `/${id}`, tenant.member, { scopes: ['audit:read'] }).expect(422);
  });

  it('are revoked immediately, and only once', async () => {
    const { id, key } = await keyOf(tenant.member);
    await uses(key).expect(200);
    await call('delete', `/${id}`, tenant.member).expect(204);
    expect((await uses(key).expect(401)).body.code).toBe('invalid_token');
    const first = (await call('get', `/${id}`, tenant.member).expect(200)).body;
    expect(first).toMatchObject({ status: 'revoked', revoked_at: expect.any(String) });
    api.advance(5);
    await call('delete', `/${id}`, tenant.member).expect(204);
    expect((await call('get', `/${id}`, tenant.member).expect(200)).body).toEqual(first);
    expect(await api.auditOf(id, 'api_key.revoked')).toMatchObject([
      { actorId: tenant.member.id, before: { status: 'active' }, after: { status: 'revoked' } },
    ]);
  });
});

describe('API keys of others', () => {
  it('are seen and revoked by owners and admins, but not rotated or renamed', async () => {
    for (const role of ['owner', 'admin'] as const) {
      const { id, key } = await keyOf(tenant.member);
      await call('get', `/${id}`, tenant[role]).expect(200);
      for (const answer of [rotate(id, tenant[role]), call('patch', `/${id}`, tenant[role], { name: 'x' })])
        expect((await answer.expect(403)).body.code).toBe('forbidden');
      await uses(key).expect(200);
      await call('delete', `/${id}`, tenant[role]).expect(204);
      await uses(key).expect(401);
      expect(await api.auditOf(id, 'api_key.revoked')).toMatchObject([{ actorId: tenant[role].id }]);
    }
  });

  it('are listed for owners and admins, by user or for the whole tenant; members get 403', async () => {
    const [mine, theirs] = [await keyOf(tenant.member), await keyOf(colleague)];
    const ids = async (query: string) =>
      ((await call('get', query, tenant.admin).expect(200)).body as Listed).results.map(({ id }) => id).toSorted();
    expect(await ids('')).toEqual([]);
    expect(await ids('?scope=tenant')).toEqual([mine.id, theirs.id].toSorted());
    expect(await ids(`?user_id=${colleague.id}`)).toEqual([theirs.id]);
    for (const query of ['?scope=tenant', `?user_id=${colleague.id}`]) {
      const { body } = await call('get', query, tenant.member).expect(403);
      expect(body).toMatchObject({ code: 'forbidden', permission: 'api_key:manage_any' });
    }
    const own = await call('get', `?user_id=${tenant.member.id}`, tenant.member).expect(200);
    expect(own.body.count).toBe(1);
  });

  it('are not found by a member or by another tenant: 404, as if they did not exist', async () => {
    const { id, key } = await keyOf(tenant.member);
    const stranger = await api.factory.tenant();
    for (const [user, target] of [
      [colleague, id],
      [stranger.owner, id],
      [tenant.owner, randomUUID()],
    ] as const)
      for (const answer of [
        call('get', `/${target}`, user),
        call('patch', `/${target}`, user, { name: 'x' }),
        call('delete', `/${target}`, user),
        rotate(target, user),
      ])
        expect((await answer.expect(404)).body.code).toBe('api_key_not_found');
    const { body } = await call('get', `?scope=tenant&user_id=${tenant.member.id}`, stranger.owner).expect(200);
    expect(body.count).toBe(0);
    await uses(key).expect(200);
  });
});
