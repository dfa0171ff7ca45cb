import { createHash } from 'node:crypto';
import { AcquireResponse } from '@coditect/contracts/license-sessions';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';

let api: TestApp;
beforeAll(async () => {
  api = await sharedApp();
});

/** Milliseconds from the application's time until a time in an answer. */
const msUntil = (timestamp: string) => Date.parse(timestamp) - api.clock.now().getTime();
const SLACK_MS = 5_000;

describe('given a license with three seats, when a machine acquires', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await api.factory.tenant({ seatsTotal: 3, leaseSeconds: 300, sessionSeconds: 3600 });
  });

  it('then 201 has the seat, the lease, the heartbeat interval, the session end and the features', async () => {
    const machine = newMachine();
    const { body } = await api.post('licenses/acquire', { machine_id: machine }, tenant.member.accessToken).expect(201);
    expect(AcquireResponse.strict().parse(body)).toMatchObject({
      license_id: tenant.license.id,
      seat_no: 1,
      heartbeat_interval_seconds: 100,
      features: ['editor', 'agents'],
    });
    expect(msUntil(body.lease_expires_at)).toBeGreaterThan(300_000 - SLACK_MS);
    expect(msUntil(body.lease_expires_at)).toBeLessThanOrEqual(300_000);
    expect(msUntil(body.expires_at)).toBeGreaterThan(3_600_000 - SLACK_MS);
    expect(msUntil(body.expires_at)).toBeLessThanOrEqual(3_600_000);
    expect(await api.row(body)).toMatchObject({
      tenantId: tenant.id,
      licenseId: tenant.license.id,
      userId: tenant.member.id,
      machineId: machine,
      seatNo: 1,
      status: 'active',
    });
  });

  it('then an audit entry names the user, the seat and the request', async () => {
    const response = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken)
      .set('x-request-id', 'acquire-audited')
      .set('user-agent', 'coditect-cli/1.0')
      .expect(201);
    expect(await api.auditOf(response.body.session_id)).toMatchObject([
      {
        action: 'license_session.acquired',
        actorType: 'user',
        actorId: tenant.admin.id,
        actorName: tenant.admin.email,
        requestId: 'acquire-audited',
        userAgent: 'coditect-cli/1.0',
        ip: '127.0.0.1',
        after: { seat_no: response.body.seat_no, license_id: tenant.license.id },
      },
    ]);
  });

  it('then the session token is stored only as a hash of its secret', async () => {
    const seat = await api.takeSeat(tenant.owner);
    const secret = Buffer.from(seat.session_token.slice('cst_'.length), 'base64url').subarray(-32);
    const { tokenHash } = await api.row(seat);
    expect(Buffer.from(tokenHash)).toEqual(createHash('sha256').update(secret).digest());
  });
});

describe('given a holder of a seat, when it acquires again', () => {
  it('then 200 has the same seat and token with a new lease, and nothing is audited twice', async () => {
    const tenant = await api.factory.tenant();
    const request = { machine_id: newMachine() };
    const first = await api.takeSeat(tenant.member, request);
    api.advance(60);
    const { body } = await api.post('licenses/acquire', request, tenant.member.accessToken).expect(200);
    const { lease_expires_at: lease, signed_license: _signed, ...same } = body;
    expect(first).toMatchObject(same);
    expect(Date.parse(lease) - Date.parse(first.lease_expires_at)).toBeGreaterThanOrEqual(60_000);
    expect(await api.auditOf(first.session_id)).toHaveLength(1);
  });

  it('then it succeeds although the license is full', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 1 });
    const request = { machine_id: newMachine() };
    const { session_id } = await api.takeSeat(tenant.member, request);
    const { body } = await api.post('licenses/acquire', request, tenant.member.accessToken).expect(200);
    expect(body.session_id).toBe(session_id);
  });

  it('then another user on the same machine is another holder with a seat of its own', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 2 });
    const request = { machine_id: newMachine() };
    const one = await api.takeSeat(tenant.member, request);
    const other = await api.takeSeat(tenant.admin, request);
    expect(other.session_id).not.toBe(one.session_id);
    expect([one.seat_no, other.seat_no]).toEqual([1, 2]);
  });

  it('then the same user on another machine takes another seat', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 2 });
    expect((await api.takeSeat(tenant.member)).seat_no).toBe(1);
    expect((await api.takeSeat(tenant.member)).seat_no).toBe(2);
    await api.post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken).expect(403);
  });
});

describe('given seats that were given back, when a machine acquires', () => {
  it('then it gets the lowest free number', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 5 });
    const seats = [];
    for (let i = 0; i < 4; i += 1) seats.push(await api.takeSeat(tenant.member));
    expect(seats.map((seat) => seat.seat_no)).toEqual([1, 2, 3, 4]);
    await api.release(seats[2]!.session_token).expect(200);
    await api.release(seats[0]!.session_token).expect(200);
    const next = [];
    for (let i = 0; i < 3; i += 1) next.push((await api.takeSeat(tenant.member)).seat_no);
    expect(next).toEqual([1, 3, 5]);
  });
});

describe('given a license that ends before a whole session would, when a machine acquires', () => {
  it('then session, lease and signed license end with the license', async () => {
    const validUntil = new Date(api.clock.now().getTime() + 100_000);
    const tenant = await api.factory.tenant({ validUntil });
    const seat = await api.takeSeat(tenant.member);
    expect(seat.expires_at).toBe(validUntil.toISOString());
    expect(seat.lease_expires_at).toBe(validUntil.toISOString());
    expect(seat.signed_license.payload.exp).toBe(Math.floor(validUntil.getTime() / 1000));
  });
});

describe('given one machine that acquires 20 times at once', () => {
  it('then there is one session, one token, one 201 and one audit entry', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 3 });
    const request = { machine_id: newMachine() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => api.post('licenses/acquire', request, tenant.member.accessToken)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(new Set(answers.map(({ body }) => body.session_token)).size).toBe(1);
    expect(new Set(answers.map(({ body }) => body.session_id)).size).toBe(1);
    expect(await api.auditOf(answers[0]!.body.session_id)).toHaveLength(1);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
  });
});

describe('given 20 machines that acquire three seats at once', () => {
  it('then exactly three get one, each a different one, and the others get no_seats_available', async () => {
    const tenant = await api.factory.tenant({ seatsTotal: 3 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        api.post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken),
      ),
    );
    const granted = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status === 403);
    expect(granted).toHaveLength(3);
    expect(new Set(granted.map(({ body }) => body.seat_no as number))).toEqual(new Set([1, 2, 3]));
    expect(refused.map(({ body }) => body.code)).toEqual(Array(17).fill('no_seats_available'));
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 3, ledger: 3 });
  });
});

describe('the permission to acquire', () => {
  it.each(['owner', 'admin', 'member'] as const)('is held by an %s', async (role) => {
    const tenant = await api.factory.tenant();
    expect((await api.takeSeat(tenant[role])).seat_no).toBe(1);
  });

  it('is not held by a viewer: 403, and no seat is taken', async () => {
    const tenant = await api.factory.tenant();
    const { body } = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.viewer.accessToken)
      .expect(403);
    expect(body).toMatchObject({ code: 'forbidden', permission: 'license_session:acquire' });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('needs an access token: 401', async () => {
    const { body } = await api.post('licenses/acquire', { machine_id: newMachine() }).expect(401);
    expect(body.code).toBe('unauthenticated');
  });

  it('needs an access token that has not expired: 401', async () => {
    const tenant = await api.factory.tenant();
    api.advance(api.config.accessTokenSeconds + 1);
    const { body } = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken)
      .expect(401);
    expect(body.code).toBe('invalid_token');
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });
});
