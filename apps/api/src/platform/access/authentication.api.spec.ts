import type { CreatedApiKey } from '@coditect/contracts/api-keys';
import { LicenseClient } from '@coditect/license-client/client';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant, type TestUser } from '#test/factory';
import { newApiKey } from './api-key-token.js';

const SEAT_SCOPES = ['license_session:acquire', 'license_session:hold'];

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  api.clock.offsetMs = 0;
  tenant = await api.factory.tenant();
});

async function keyOf(user: TestUser, scopes: string[], more: object = {}): Promise<CreatedApiKey> {
  const body = { name: 'Build machines', scopes, ...more };
  return (await api.post('auth/api-keys', body, user.accessToken).expect(201)).body as CreatedApiKey;
}
const acquire = (key: string, machine = newMachine()) => api.post('licenses/acquire', { machine_id: machine }, key);
const change = (user: TestUser, data: object) =>
  api.db.system.user.update({ where: { tenantId_id: { tenantId: tenant.id, id: user.id } }, data });
const lastUse = async (id: string) => (await api.db.system.apiKey.findFirstOrThrow({ where: { id } })).lastUsedAt;

describe('given an API key for seats', () => {
  it('a machine acquires a seat, keeps it alive and releases it, as the user of the key', async () => {
    const { key } = await keyOf(tenant.member, SEAT_SCOPES);
    const machine = newMachine();
    const seat = (await acquire(key, machine).expect(201)).body;
    expect((await acquire(key, machine).expect(200)).body.session_id).toBe(seat.session_id);
    const validated = await api.post('licenses/validate', { machine_id: machine }, key).expect(200);
    expect(validated.body).toMatchObject({ valid: true, session_id: seat.session_id });
    expect(seat.signed_license.payload.user_id).toBe(tenant.member.id);

    const { session_token } = seat;
    await api.post('licenses/heartbeat', { session_token }, key).expect(200);
    await api.post(`license-sessions/${seat.session_id}/heartbeat`, {}, key).expect(200);
    await api.post('licenses/release', { session_token }, key).expect(200);
    await api.heartbeat(session_token).expect(410);
  });

  it('the SDK acquires a seat with it, and releases it', async () => {
    const { key } = await keyOf(tenant.member, ['license_session:acquire']);
    const baseUrl = await api.app.getUrl();
    const client = new LicenseClient({ baseUrl, machineId: newMachine(), credentials: { apiKey: key } });
    expect(await client.acquire()).toMatchObject({ seatNo: 1 });
    await client.release();
    expect((await api.seatsHeld(tenant.license)).postgres).toBe(0);
  });

  it('its seats are those of the user: the same machine has the same seat', async () => {
    const { key } = await keyOf(tenant.member, SEAT_SCOPES);
    const machine_id = newMachine();
    const seat = await api.takeSeat(tenant.member, { machine_id });
    expect((await acquire(key, machine_id).expect(200)).body.session_id).toBe(seat.session_id);
  });

  it('audit entries name the key as the actor, and the user it belongs to', async () => {
    const { id, key } = await keyOf(tenant.member, SEAT_SCOPES);
    const by = { actorType: 'api_key', actorId: id, actorName: tenant.member.email };
    const seat = (await acquire(key).expect(201)).body;
    await api.post(`license-sessions/${seat.session_id}/release`, {}, key).expect(200);
    expect(await api.auditOf(seat.session_id)).toMatchObject([
      { action: 'license_session.acquired', ...by },
      { action: 'license_session.released', ...by },
    ]);
  });

  it('what is created with a key belongs to its user', async () => {
    const { id, key } = await keyOf(tenant.member, ['project:create']);
    const { body } = await api.post('projects', { name: 'By a machine' }, key).expect(201);
    expect(body.owner.id).toBe(tenant.member.id);
    expect(await api.auditOf(body.id)).toMatchObject([{ actorType: 'api_key', actorId: id }]);
  });
});

describe('the scopes of an API key', () => {
  /** The calls, with the permission that each needs. */
  const calls = [
    ['GET', 'licenses', 'license:read'],
    ['GET', 'license-sessions', 'license_session:read'],
    ['GET', 'projects', 'project:read'],
    ['GET', 'users', 'user:read'],
    ['GET', 'audit-logs', 'audit:read'],
    ['POST', 'projects', 'project:create'],
    ['POST', 'licenses/acquire', 'license_session:acquire'],
    ['POST', 'licenses/validate', 'license_session:acquire'],
  ] as const;
  const send = (method: string, route: string, key: string) =>
    method === 'GET' ? api.get(route, key) : api.post(route, bodies[route], key);
  const bodies: Record<string, object> = {
    projects: { name: 'x' },
    'licenses/acquire': { machine_id: newMachine() },
    'licenses/validate': { machine_id: newMachine() },
  };

  it.each(calls)('allow %s %s with %s, and with no other scope', async (method, route, permission) => {
    const others = calls.map(([, , scope]) => scope).filter((scope) => scope !== permission);
    const [with_, without] = [await keyOf(tenant.owner, [permission]), await keyOf(tenant.owner, others)];
    expect((await send(method, route, with_.key)).status).toBeLessThan(300);
    const { body } = await send(method, route, without.key).expect(403);
    expect(body).toMatchObject({ code: 'forbidden', permission });
    expect(body.detail).toContain('scopes');
  });

  it('narrow what a list shows: without read_all an admin’s key sees the admin’s own sessions', async () => {
    await api.takeSeat(tenant.member);
    const [own, all] = [
      await keyOf(tenant.admin, ['license_session:read']),
      await keyOf(tenant.admin, ['license_session:read', 'license_session:read_all']),
    ];
    expect((await api.get('license-sessions', own.key).expect(200)).body.count).toBe(0);
    expect((await api.get('license-sessions', all.key).expect(200)).body.count).toBe(1);
  });

  it('do not include objects of other users without the scope for it', async () => {
    const { key } = await keyOf(tenant.admin, ['project:update']);
    const { id } = (await api.post('projects', { name: 'x' }, tenant.member.accessToken).expect(201)).body;
    const { body } = await api.post(`projects/${id}/archive`, {}, key).expect(403);
    expect(body.permission).toBe('project:manage');
  });

  it('always let it read its own identity and permissions', async () => {
    const { key } = await keyOf(tenant.member, ['license:read']);
    const { body } = await api.get('auth/me', key).expect(200);
    expect(body).toMatchObject({ id: tenant.member.id, permissions: ['self:read', 'license:read'] });
  });

  it('never let it manage API keys', async () => {
    const { id, key } = await keyOf(tenant.owner, ['self:read', 'user:read_all', 'tenant:update']);
    const body = { name: 'Another', scopes: ['license:read'] };
    for (const call of [
      api.get('auth/api-keys', key),
      api.get(`auth/api-keys/${id}`, key),
      api.post('auth/api-keys', body, key),
      api.post(`auth/api-keys/${id}/rotate`, {}, key),
      api.http().delete(`/api/v1/auth/api-keys/${id}`).set('authorization', `Bearer ${key}`),
      api.http().patch(`/api/v1/auth/api-keys/${id}`).set('authorization', `Bearer ${key}`).send({ name: 'x' }),
    ])
      expect((await call.expect(403)).body.permission).toBe('api_key:manage');
  });

  it('are narrowed at once when the role of the user is lowered, and widen again with it', async () => {
    const { key } = await keyOf(tenant.admin, [...SEAT_SCOPES, 'license:read', 'project:manage']);
    await acquire(key).expect(201);
    await change(tenant.admin, { role: 'viewer' });
    const { body } = await acquire(key).expect(403);
    expect(body).toMatchObject({ code: 'forbidden', permission: 'license_session:acquire' });
    expect(body.detail).toContain('role viewer');
    await api.get('licenses', key).expect(200);
    await change(tenant.admin, { role: 'member' });
    await acquire(key).expect(201);
    const { permissions } = (await api.get('auth/me', key).expect(200)).body;
    expect(permissions).toEqual(['self:read', 'license:read', ...SEAT_SCOPES]);
  });
});

describe('an API key that is not valid', () => {
  const refused = async (key: string) => {
    for (const call of [api.get('licenses', key), acquire(key)]) {
      const { body, headers } = await call.expect(401);
      expect(body.code).toBe('invalid_token');
      expect(headers['www-authenticate']).toContain('invalid_token');
    }
  };

  it('is refused: garbage, a wrong checksum, a key that was never created, and one with another tenant’s id', async () => {
    const { key } = await keyOf(tenant.member, SEAT_SCOPES);
    const stranger = await api.factory.tenant();
    const bytes = Buffer.from(key.slice(4), 'base64url');
    Buffer.from(stranger.id.replaceAll('-', ''), 'hex').copy(bytes);
    for (const wrong of [
      'cak_garbage',
      key.slice(0, -1) + (key.endsWith('A') ? 'Q' : 'A'),
      key.slice(0, 40) + (key[40] === 'A' ? 'B' : 'A') + key.slice(41),
      newApiKey(tenant.id).key,
      newApiKey(stranger.id).key,
      `cak_${bytes.toString('base64url')}`,
    ])
      await refused(wrong);
    await acquire(key).expect(201);
  });

  it('is refused once it has expired', async () => {
    const { key } = await keyOf(tenant.member, SEAT_SCOPES, { expires_in_days: 1 });
    await acquire(key).expect(201);
    api.advance(24 * 3600 + 1);
    await refused(key);
  });

  it('is refused once its user is removed, and with a reason once its user is disabled', async () => {
    const { key } = await keyOf(tenant.member, [...SEAT_SCOPES, 'license:read']);
    await change(tenant.member, { status: 'disabled' });
    for (const call of [api.get('licenses', key), acquire(key)])
      expect((await call.expect(403)).body.code).toBe('user_disabled');
    await change(tenant.member, { status: 'removed' });
    await refused(key);
  });

  it('does not keep a seat alive: a bearer token sent along must be valid and of the same tenant', async () => {
    const { session_token } = await api.takeSeat(tenant.member);
    await api.post('licenses/heartbeat', { session_token }, 'cak_garbage').expect(401);
    const stranger = await api.factory.tenant();
    const { key } = await keyOf(stranger.member, SEAT_SCOPES);
    const { body } = await api.post('licenses/heartbeat', { session_token }, key).expect(404);
    expect(body.code).toBe('session_not_found');
    await api.heartbeat(session_token).expect(200);
  });
});

describe('the last use of an API key', () => {
  it('is recorded, at most once a minute', async () => {
    const { id, key } = await keyOf(tenant.member, ['license:read']);
    await api.get('licenses', key).expect(200);
    const first = await lastUse(id);
    expect(first!.getTime()).toBeGreaterThan(Date.now() - 60_000);
    api.advance(50);
    await api.get('licenses', key).expect(200);
    expect(await lastUse(id)).toEqual(first);
    api.advance(15);
    await api.get('licenses', key).expect(200);
    expect((await lastUse(id))!.getTime() - first!.getTime()).toBeGreaterThanOrEqual(60_000);
  });

  it('is not updated by a refused call with a revoked or expired key', async () => {
    const [revoked, expired] = [
      await keyOf(tenant.member, ['license:read']),
      await keyOf(tenant.member, ['license:read'], { expires_in_days: 1 }),
    ];
    const route = `/api/v1/auth/api-keys/${revoked.id}`;
    await api.http().delete(route).set('authorization', `Bearer ${tenant.member.accessToken}`).expect(204);
    api.advance(24 * 3600 + 1);
    for (const { id, key } of [revoked, expired]) {
      await api.get('licenses', key).expect(401);
      expect(await lastUse(id)).toBeNull();
    }
  });
});
