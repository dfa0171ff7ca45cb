import { randomUUID } from 'node:crypto';
import { HeartbeatResponse } from '@coditect/contracts/license-sessions';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

describe('given a seat, when its holder heartbeats', () => {
  it('then the lease runs for its whole length from now, and the session end stays the same', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(100);
    const { body } = await api.heartbeat(seat.session_token).expect(200);
    expect(HeartbeatResponse.strict().parse(body)).toMatchObject({
      session_id: seat.session_id,
      status: 'active',
      heartbeat_interval_seconds: 120,
      expires_at: seat.expires_at,
    });
    const lease = Date.parse(body.lease_expires_at) - api.clock.now().getTime();
    expect(lease).toBeGreaterThan(355_000);
    expect(lease).toBeLessThanOrEqual(360_000);
  });

  it('then the seat is kept for a whole working day of heartbeats', async () => {
    const { member } = await api.factory.tenant({ leaseSeconds: 360, sessionSeconds: 8 * 3600 });
    const seat = await api.takeSeat(member);
    for (let minutes = 0; minutes < 7 * 60; minutes += 5) {
      api.advance(300);
      await api.heartbeat(seat.session_token).expect(200);
    }
    expect((await api.row(seat)).status).toBe('active');
  });

  it('then no lease ends after the session', async () => {
    const { member } = await api.factory.tenant({ leaseSeconds: 360, sessionSeconds: 400 });
    const seat = await api.takeSeat(member);
    api.advance(300);
    const { body } = await api.heartbeat(seat.session_token).expect(200);
    expect(body.lease_expires_at).toBe(seat.expires_at);
  });

  it('then it is written to Postgres soon after', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(60);
    const { body } = await api.heartbeat(seat.session_token).expect(200);
    await expect
      .poll(async () => (await api.row(seat)).leaseExpiresAt.toISOString(), { timeout: 5_000 })
      .toBe(body.lease_expires_at);
  });
});

describe('given a session that has reached its end, when its holder heartbeats', () => {
  it('then 410 says so, although no heartbeat was missed', async () => {
    const { member } = await api.factory.tenant({ leaseSeconds: 300, sessionSeconds: 500 });
    const seat = await api.takeSeat(member);
    api.advance(290);
    await api.heartbeat(seat.session_token).expect(200);
    api.advance(211);
    const { body } = await api.heartbeat(seat.session_token).expect(410);
    expect(body).toMatchObject({
      code: 'lease_lost',
      end_reason: 'session_ended',
      session_id: seat.session_id,
      ended_at: seat.expires_at,
    });
  });
});

describe('given a seat, when its holder releases it', () => {
  it('then it is free, and the answer and the audit entry say how it ended', async () => {
    const own = await api.factory.tenant({ seatsTotal: 1 });
    const seat = await api.takeSeat(own.member);
    const { body } = await api.release(seat.session_token).expect(200);
    expect(body).toEqual({
      session_id: seat.session_id,
      status: 'released',
      ended_at: expect.any(String),
      end_reason: 'released',
    });
    expect(Math.abs(Date.parse(body.ended_at) - api.clock.now().getTime())).toBeLessThan(5_000);
    expect(await api.auditOf(seat.session_id, 'license_session.released')).toMatchObject([
      { actorType: 'user', actorId: own.member.id, actorName: own.member.email, after: { status: 'released' } },
    ]);
    expect(await api.seatsHeld(own.license)).toEqual({ postgres: 0, ledger: 0 });
    expect((await api.takeSeat(own.admin)).seat_no).toBe(1);
  });

  it('then a second release gets the same answer and changes nothing', async () => {
    const seat = await api.takeSeat(tenant.member);
    const { body: first } = await api.release(seat.session_token).expect(200);
    api.advance(10);
    const { body: second } = await api.release(seat.session_token).expect(200);
    expect(second).toEqual(first);
    expect(await api.auditOf(seat.session_id, 'license_session.released')).toHaveLength(1);
  });

  it('then 20 releases at once end it once: one audit entry, one free seat, one answer', async () => {
    const own = await api.factory.tenant({ seatsTotal: 2 });
    const seat = await api.takeSeat(own.member);
    await api.takeSeat(own.admin);
    const answers = await Promise.all(Array.from({ length: 20 }, async () => api.release(seat.session_token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await api.auditOf(seat.session_id, 'license_session.released')).toHaveLength(1);
    expect(await api.seatsHeld(own.license)).toEqual({ postgres: 1, ledger: 1 });
    expect((await api.takeSeat(own.owner)).seat_no).toBe(1);
  });

  it('then its next heartbeat is 410', async () => {
    const seat = await api.takeSeat(tenant.member);
    await api.release(seat.session_token).expect(200);
    const { body } = await api.heartbeat(seat.session_token).expect(410);
    expect(body).toMatchObject({ code: 'lease_lost', end_reason: 'released', session_id: seat.session_id });
  });

  it('then acquiring on that machine starts a new session with a new token', async () => {
    const machine = { machine_id: newMachine() };
    const seat = await api.takeSeat(tenant.member, machine);
    await api.release(seat.session_token).expect(200);
    const next = await api.takeSeat(tenant.member, machine);
    expect(next.session_id).not.toBe(seat.session_id);
    expect(next.session_token).not.toBe(seat.session_token);
    await api.heartbeat(seat.session_token).expect(410);
    await api.heartbeat(next.session_token).expect(200);
  });
});

describe.each(['heartbeat', 'release'])('the credential of %s', (verb) => {
  const call = (sessionToken: unknown) => api.post(`licenses/${verb}`, { session_token: sessionToken });

  it('is the session token alone; an access token of the same tenant is accepted beside it', async () => {
    const [one, other] = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.member)];
    const alone = await call(one.session_token).expect(200);
    expect(alone.body.session_id).toBe(one.session_id);
    const accompanied = await call(other.session_token)
      .set('authorization', `Bearer ${tenant.admin.accessToken}`)
      .expect(200);
    expect(accompanied.body.session_id).toBe(other.session_id);
  });

  it('with any byte changed is invalid: 404, and the seat stays', async () => {
    const seat = await api.takeSeat(tenant.member);
    const token = Buffer.from(seat.session_token.slice('cst_'.length), 'base64url');
    const parts = { tenant: 0, license: 16, session: 32, secret: 48, end: 79 };
    for (const [part, at] of Object.entries(parts)) {
      const changed = Buffer.from(token);
      changed[at]! ^= 1;
      const { status, body } = await call(`cst_${changed.toString('base64url')}`);
      expect({ part, status, code: body.code }).toEqual({ part, status: 404, code: 'session_not_found' });
    }
    expect((await api.row(seat)).status).toBe('active');
    await api.heartbeat(seat.session_token).expect(200);
  });

  it('for a license that does not exist writes nothing to Redis', async () => {
    const seat = await api.takeSeat(tenant.member);
    const forged = Buffer.from(seat.session_token.slice('cst_'.length), 'base64url');
    Buffer.from(randomUUID().replaceAll('-', ''), 'hex').copy(forged, 16);
    const before = await api.redis.dbsize();
    await call(`cst_${forged.toString('base64url')}`).expect(404);
    expect(await api.redis.dbsize()).toBe(before);
  });

  it('that is not a session token is 404, and 422 if its type or length is wrong', async () => {
    expect((await call('no-token').expect(404)).body.code).toBe('session_not_found');
    for (const wrong of ['', 7, null, undefined, 'x'.repeat(257)])
      expect((await call(wrong).expect(422)).body).toMatchObject({ errors: [{ path: 'session_token' }] });
    await api.post(`licenses/${verb}`, { session_token: 'x', session_id: randomUUID() }).expect(422);
  });

  it("sent with another tenant's access token is 404", async () => {
    const seat = await api.takeSeat(tenant.member);
    const stranger = await api.factory.tenant();
    const { body } = await call(seat.session_token)
      .set('authorization', `Bearer ${stranger.owner.accessToken}`)
      .expect(404);
    expect(body.code).toBe('session_not_found');
    expect((await api.row(seat)).status).toBe('active');
  });

  it('works beside an authorization header of another scheme, for example of a proxy', async () => {
    const seat = await api.takeSeat(tenant.member);
    await call(seat.session_token).set('authorization', 'Basic dXNlcjpwYXNz').expect(200);
  });

  it.each(['Bearer', 'Bearer not-a-token', 'Bearer a.b.c'])(
    'sent with the header "%s" is 401: a credential that is given must be valid',
    async (header) => {
      const seat = await api.takeSeat(tenant.member);
      const { body } = await call(seat.session_token).set('authorization', header).expect(401);
      expect(body.code).toBe('invalid_token');
      expect((await api.row(seat)).status).toBe('active');
    },
  );

  it('sent with an access token that has expired is 401', async () => {
    const seat = await api.takeSeat(tenant.member);
    api.advance(api.config.accessTokenSeconds + 1);
    const { body } = await call(seat.session_token)
      .set('authorization', `Bearer ${tenant.member.accessToken}`)
      .expect(401);
    expect(body.code).toBe('invalid_token');
  });
});
