import { randomUUID } from 'node:crypto';
import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant, TestUser } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
let seat: AcquireResponse;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  seat = await api.takeSeat(tenant.member);
});

const act = (verb: string, sessionId: string, user?: TestUser) =>
  api.post(`license-sessions/${sessionId}/${verb}`, {}, user?.accessToken);
const isActive = async () => (await api.row(seat)).status === 'active';

describe('given a license session of its own, a member', () => {
  it('may keep it alive by its id', async () => {
    api.advance(100);
    const { body } = await act('heartbeat', seat.session_id, tenant.member).expect(200);
    expect(body).toMatchObject({ session_id: seat.session_id, status: 'active', heartbeat_interval_seconds: 120 });
    expect(Date.parse(body.lease_expires_at) - Date.parse(seat.lease_expires_at)).toBeGreaterThanOrEqual(100_000);
  });

  it('may release it by its id: it is released, not revoked', async () => {
    const { body } = await act('release', seat.session_id, tenant.member).expect(200);
    expect(body).toMatchObject({ session_id: seat.session_id, status: 'released', end_reason: 'released' });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
    expect((await api.heartbeat(seat.session_token).expect(410)).body.end_reason).toBe('released');
  });

  it('may release it again and gets the same answer', async () => {
    const { body: first } = await act('release', seat.session_id, tenant.member).expect(200);
    const { body: second } = await act('release', seat.session_id, tenant.member).expect(200);
    expect(second).toEqual(first);
    expect(await api.auditOf(seat.session_id, 'license_session.released')).toHaveLength(1);
  });

  it('learns from a heartbeat that it has ended', async () => {
    await api.release(seat.session_token).expect(200);
    const { body } = await act('heartbeat', seat.session_id, tenant.member).expect(410);
    expect(body).toMatchObject({ code: 'lease_lost', end_reason: 'released' });
  });
});

describe("given a colleague's license session", () => {
  it.each(['heartbeat', 'release'])('a member may not %s it, nor learn that it exists: 404', async (verb) => {
    const colleague = await api.factory.user(tenant.id, 'member');
    expect((await act(verb, seat.session_id, colleague).expect(404)).body.code).toBe('session_not_found');
    expect(await isActive()).toBe(true);
  });

  it.each(['heartbeat', 'release'])(
    'an API key with permission to read but not to end it may not %s it: 403',
    async (verb) => {
      const scopes = ['license_session:hold', 'license_session:read_all'] as const;
      const accessToken = await api.factory.apiKey(tenant.admin, [...scopes]);
      expect((await act(verb, seat.session_id, { ...tenant.admin, accessToken }).expect(403)).body.code).toBe(
        'forbidden',
      );
      expect(await isActive()).toBe(true);
    },
  );

  it.each(['heartbeat', 'release'])('a viewer may not %s it: 403', async (verb) => {
    expect((await act(verb, seat.session_id, tenant.viewer).expect(403)).body.code).toBe('forbidden');
    expect(await isActive()).toBe(true);
  });

  it.each(['owner', 'admin'] as const)('an %s may keep it alive', async (role) => {
    const { body } = await act('heartbeat', seat.session_id, tenant[role]).expect(200);
    expect(body).toMatchObject({ session_id: seat.session_id, status: 'active' });
  });

  it.each(['owner', 'admin'] as const)('an %s may end it: it is revoked, and its seat is free', async (role) => {
    const { body } = await act('release', seat.session_id, tenant[role]).expect(200);
    expect(body).toMatchObject({ session_id: seat.session_id, status: 'revoked', end_reason: 'revoked' });
    expect(await api.row(seat)).toMatchObject({ status: 'revoked', endReason: 'revoked' });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('once revoked, then the next heartbeat of its holder says so', async () => {
    await act('release', seat.session_id, tenant.admin).expect(200);
    const { body } = await api.heartbeat(seat.session_token).expect(410);
    expect(body).toMatchObject({ code: 'lease_lost', end_reason: 'revoked', session_id: seat.session_id });
  });

  it('once revoked, then the audit entry names the actor, the holder and the request', async () => {
    await act('release', seat.session_id, tenant.admin).set('x-request-id', 'revoked-by-admin').expect(200);
    expect(await api.auditOf(seat.session_id, 'license_session.revoked')).toMatchObject([
      {
        actorType: 'user',
        actorId: tenant.admin.id,
        actorName: tenant.admin.email,
        resourceType: 'license_session',
        requestId: 'revoked-by-admin',
        before: { status: 'active', user_id: tenant.member.id },
        after: { status: 'revoked', seat_no: seat.seat_no },
      },
    ]);
  });

  it('once revoked, then a release by its holder leaves it revoked', async () => {
    await act('release', seat.session_id, tenant.admin).expect(200);
    expect((await api.release(seat.session_token).expect(200)).body).toMatchObject({ status: 'revoked' });
    expect(await api.auditOf(seat.session_id)).toHaveLength(2); // acquired, revoked
  });

  it('when holder and admin end it at the same time, then it ends once', async () => {
    const [released, revoked] = await Promise.all([
      api.release(seat.session_token).expect(200),
      act('release', seat.session_id, tenant.admin).expect(200),
    ]);
    expect(released.body).toEqual(revoked.body);
    expect(await api.auditOf(seat.session_id)).toHaveLength(2);
  });
});

describe.each(['heartbeat', 'release'])('%s by id', (verb) => {
  it("of another tenant's license session is 404, also for its owner", async () => {
    const stranger = await api.factory.tenant();
    expect((await act(verb, seat.session_id, stranger.owner).expect(404)).body.code).toBe('session_not_found');
    expect(await isActive()).toBe(true);
  });

  it('of one that does not exist is 404', async () => {
    expect((await act(verb, randomUUID(), tenant.owner).expect(404)).body.code).toBe('session_not_found');
  });

  it('of an invalid id is 422', async () => {
    const { body } = await act(verb, 'not-a-uuid', tenant.owner).expect(422);
    expect(body.code).toBe('validation_failed');
  });

  it('needs an access token: 401, the session token is not enough', async () => {
    await act(verb, seat.session_id).expect(401);
    await act(verb, seat.session_id).set('authorization', `Bearer ${seat.session_token}`).expect(401);
    expect(await isActive()).toBe(true);
  });
});
