import type { ApiKey, CreatedApiKey } from '@coditect/contracts/api-keys';
import { MAX_API_KEYS } from '@coditect/contracts/names';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';

const DAY_MS = 24 * 60 * 60 * 1000;

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  api.clock.offsetMs = 0;
  tenant = await api.factory.tenant();
});

const make = async (user: TestUser, body: object = {}) =>
  api.post('auth/api-keys', { name: 'CI', scopes: ['license:read'], ...body }, user.accessToken);
const keyOf = async (user: TestUser, body?: object) => (await make(user, body)).body as CreatedApiKey;
const rotate = (id: string, user: TestUser, body: object = {}) =>
  api.post(`auth/api-keys/${id}/rotate`, body, user.accessToken);
const read = async (id: string, user: TestUser) =>
  (await api.get(`auth/api-keys/${id}`, user.accessToken).expect(200)).body as ApiKey;
const uses = (key: string) => api.get('licenses', key);
const live = (user: TestUser) => api.db.system.apiKey.count({ where: { userId: user.id, revokedAt: null } });

describe('when an API key is rotated', () => {
  it('then a new key with the same name, scopes and lifetime replaces it', async () => {
    const old = await keyOf(tenant.member, { scopes: ['self:read', 'license:read'], expires_in_days: 30 });
    api.advance(60);
    const { body, headers } = await rotate(old.id, tenant.member).expect(201);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({ name: 'CI', scopes: old.scopes, status: 'active', last_used_at: null });
    expect(body.key).not.toBe(old.key);
    expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(30 * DAY_MS);
    await uses(body.key).expect(200);
    await uses(old.key).expect(401);
    expect(await read(old.id, tenant.member)).toMatchObject({ status: 'revoked' });
  });

  it('then the audit entries of both keys name each other, and hold no secret', async () => {
    const old = await keyOf(tenant.member);
    const { id, key } = (await rotate(old.id, tenant.member).expect(201)).body as CreatedApiKey;
    const entries = [...(await api.auditOf(old.id, 'api_key.rotated')), ...(await api.auditOf(id))];
    expect(entries).toMatchObject([
      { action: 'api_key.rotated', before: { expires_at: old.expires_at }, after: { replaced_by: id } },
      { action: 'api_key.created', after: { replaces: old.id, scopes: ['license:read'] } },
    ]);
    expect(JSON.stringify(entries)).not.toContain(key.slice(4, -6));
  });

  it('with an overlap, then the old key works until the end of the overlap', async () => {
    const old = await keyOf(tenant.member);
    const { body } = await rotate(old.id, tenant.member, { overlap_seconds: 600 }).expect(201);
    api.advance(599);
    for (const key of [old.key, body.key]) await uses(key).expect(200);
    api.advance(2);
    await uses(body.key).expect(200);
    expect((await uses(old.key).expect(401)).body.code).toBe('invalid_token');
    expect(await read(old.id, tenant.member)).toMatchObject({ status: 'expired', revoked_at: null });
  });

  it('with an overlap longer than its lifetime, then the old key expires as before', async () => {
    const old = await keyOf(tenant.member, { expires_in_days: 1 });
    api.advance(DAY_MS / 1000 - 60);
    const member = await api.factory.signIn(tenant.member);
    await rotate(old.id, member, { overlap_seconds: 86_400 }).expect(201);
    expect((await read(old.id, member)).expires_at).toBe(old.expires_at);
  });

  it('an overlap lasts a day at most', async () => {
    const { id } = await keyOf(tenant.member);
    for (const overlap_seconds of [-1, 86_401, 1.5, null])
      await rotate(id, tenant.member, { overlap_seconds }).expect(422);
    await rotate(id, tenant.member, { overlap_seconds: 86_400 }).expect(201);
  });

  it('after it was revoked or has expired, then that is refused: 409', async () => {
    const old = await keyOf(tenant.member);
    await rotate(old.id, tenant.member).expect(201);
    expect((await rotate(old.id, tenant.member).expect(409)).body.code).toBe('api_key_inactive');
    const expired = await keyOf(tenant.member, { expires_in_days: 1 });
    api.clock.offsetMs = 2 * DAY_MS;
    await rotate(expired.id, await api.factory.signIn(tenant.member)).expect(409);
  });

  it('five times at once, then there is one successor', async () => {
    const old = await keyOf(tenant.member);
    const answers = await Promise.all(Array.from({ length: 5 }, async () => rotate(old.id, tenant.member)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4);
    expect(await live(tenant.member)).toBe(1);
  });

  it('and never expires, then neither does its successor, unless the user’s role no longer allows that', async () => {
    const endless = await keyOf(tenant.admin, { expires_in_days: null });
    const next = (await rotate(endless.id, tenant.admin).expect(201)).body as CreatedApiKey;
    expect(next.expires_at).toBeNull();
    await api.db.system.user.update({
      where: { tenantId_id: { tenantId: tenant.id, id: tenant.admin.id } },
      data: { role: 'member' },
    });
    const last = (await rotate(next.id, tenant.admin).expect(201)).body as CreatedApiKey;
    expect(Date.parse(last.expires_at!) - Date.parse(last.created_at)).toBe(90 * DAY_MS);
  });
});

describe('given a user with room for three more API keys', () => {
  let first: CreatedApiKey;
  beforeEach(async () => {
    first = await keyOf(tenant.member);
    await api.db.system.apiKey.createMany({
      data: Array.from({ length: MAX_API_KEYS - 4 }, (_, i) => ({
        tenantId: tenant.id,
        userId: tenant.member.id,
        name: `Key ${i}`,
        prefix: `cak_…${i}`,
        keyHash: Uint8Array.from([i]),
        scopes: ['license:read'],
      })),
    });
  });

  it('when 20 are made at once, then three succeed, and the other refusals name limit and use', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => make(tenant.member)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201))
      expect([status, body]).toMatchObject([
        403,
        { code: 'quota_exceeded', quota: 'max_api_keys', limit: MAX_API_KEYS, used: MAX_API_KEYS },
      ]);
    expect(await live(tenant.member)).toBe(MAX_API_KEYS);
  });

  it('when there is no room left, then a key can be rotated without an overlap, but not with one', async () => {
    for (let i = 0; i < 3; i += 1) expect((await make(tenant.member)).status).toBe(201);
    const { body } = await rotate(first.id, tenant.member, { overlap_seconds: 60 }).expect(403);
    expect(body.code).toBe('quota_exceeded');
    await uses(first.key).expect(200);
    await rotate(first.id, tenant.member).expect(201);
  });

  it('when one is revoked or expires, then there is room again; other users have their own limit', async () => {
    const short = await keyOf(tenant.member, { expires_in_days: 1 });
    for (let i = 0; i < 2; i += 1) await keyOf(tenant.member);
    expect((await make(tenant.member)).status).toBe(403);
    expect((await make(tenant.admin)).status).toBe(201);
    await api
      .http()
      .delete(`/api/v1/auth/api-keys/${first.id}`)
      .set('authorization', `Bearer ${tenant.member.accessToken}`)
      .expect(204);
    expect((await make(tenant.member)).status).toBe(201);
    api.clock.offsetMs = Date.parse(short.expires_at!) - Date.now() + 1000;
    const member = await api.factory.signIn(tenant.member);
    expect((await make(member)).status).toBe(201);
    expect((await make(member)).status).toBe(403);
  });
});
