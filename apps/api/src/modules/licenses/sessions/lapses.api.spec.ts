import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';
import { HeartbeatWriter } from './heartbeat-writer.js';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 1, leaseSeconds: 360 });
});

/** A seat whose holder has sent no heartbeat for longer than its lease. */
async function lapsedSeat(machineId = newMachine()) {
  const seat = await api.takeSeat(tenant.member, { machine_id: machineId });
  api.advance(361);
  return seat;
}

describe('given a holder that sends no more heartbeats, when its lease is over', () => {
  it('then the next machine gets the seat at once, without the sweeper', async () => {
    await lapsedSeat();
    const next = await api.takeSeat(tenant.admin);
    expect(next.seat_no).toBe(1);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
  });

  it('then the next acquire records the old session as expired, with an audit entry', async () => {
    const lapsed = await lapsedSeat();
    const response = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken)
      .set('x-request-id', 'took-the-seat')
      .expect(201);
    const row = await api.row(lapsed);
    expect(row).toMatchObject({ status: 'expired', endReason: 'lease_expired' });
    expect(row.endedAt!.toISOString()).toBe(lapsed.lease_expires_at);
    expect(await api.auditOf(lapsed.session_id, 'license_session.expired')).toMatchObject([
      {
        actorType: 'system',
        requestId: 'took-the-seat',
        before: { status: 'active', user_id: tenant.member.id },
        after: { status: 'expired', end_reason: 'lease_expired', seat_no: 1 },
      },
    ]);
    expect((await api.row(response.body)).status).toBe('active');
  });

  it('then the seat is free, but not before: the license is full until the lease is over', async () => {
    await api.takeSeat(tenant.member);
    api.advance(355);
    const { body } = await api
      .post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken)
      .expect(403);
    expect(body.code).toBe('no_seats_available');
  });

  it('then all seats that lapsed are recorded together, and the lowest is taken', async () => {
    tenant = await api.factory.tenant({ seatsTotal: 3 });
    const lapsed = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.member), await lapsedSeat()];
    expect((await api.takeSeat(tenant.admin)).seat_no).toBe(1);
    for (const seat of lapsed) {
      expect((await api.row(seat)).status).toBe('expired');
      expect(await api.auditOf(seat.session_id, 'license_session.expired')).toHaveLength(1);
    }
  });

  it('then one of 20 machines that acquire at once gets the seat, and the lapse is recorded once', async () => {
    const lapsed = await lapsedSeat();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        api.post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(19);
    expect(await api.auditOf(lapsed.session_id, 'license_session.expired')).toHaveLength(1);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
  });
});

describe('given a lease that is over, when its holder comes back', () => {
  it('with a heartbeat before the seat was taken, then it keeps the seat', async () => {
    const seat = await lapsedSeat();
    const { body } = await api.heartbeat(seat.session_token).expect(200);
    expect(Date.parse(body.lease_expires_at)).toBeGreaterThan(api.clock.now().getTime() + 350_000);
    await api.post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken).expect(403);
  });

  it('with a heartbeat after the seat was taken, then 410 says that the lease is lost, since when, and why', async () => {
    const seat = await lapsedSeat();
    await api.takeSeat(tenant.admin);
    const { body } = await api.heartbeat(seat.session_token).expect(410);
    expect(body).toMatchObject({
      code: 'lease_lost',
      end_reason: 'lease_expired',
      session_id: seat.session_id,
      ended_at: seat.lease_expires_at,
    });
  });

  it('with an acquire before the seat was taken, then it continues the same session', async () => {
    const machine = newMachine();
    const seat = await lapsedSeat(machine);
    const { body } = await api.post('licenses/acquire', { machine_id: machine }, tenant.member.accessToken).expect(200);
    expect(body).toMatchObject({ session_id: seat.session_id, session_token: seat.session_token });
    await api.heartbeat(seat.session_token).expect(200);
  });

  it('with an acquire after the seat was taken and given back, then it starts a new session', async () => {
    const machine = newMachine();
    const seat = await lapsedSeat(machine);
    const other = await api.takeSeat(tenant.admin);
    await api.release(other.session_token).expect(200);
    const next = await api.takeSeat(tenant.member, { machine_id: machine });
    expect(next.session_id).not.toBe(seat.session_id);
    await api.heartbeat(seat.session_token).expect(410);
  });

  it('with a release, then the session is released, and there is one audit entry of its end', async () => {
    const seat = await lapsedSeat();
    await api.release(seat.session_token).expect(200);
    await api.takeSeat(tenant.admin);
    expect(await api.row(seat)).toMatchObject({ status: 'released', endReason: 'released' });
    expect(await api.auditOf(seat.session_id, 'license_session.expired')).toEqual([]);
  });
});

describe('given a session that has reached its end, when its seat is taken', () => {
  beforeEach(async () => {
    tenant = await api.factory.tenant({ seatsTotal: 1, leaseSeconds: 300, sessionSeconds: 500 });
  });

  it.each(['another machine', 'its own machine'])('by %s, then it is recorded as ended, not as lost', async (whose) => {
    const machine = newMachine();
    const seat = await api.takeSeat(tenant.member, { machine_id: machine });
    api.advance(250);
    const kept = await api.heartbeat(seat.session_token).expect(200);
    expect(kept.body.lease_expires_at).toBe(seat.expires_at);
    await api.app.get(HeartbeatWriter).flush();
    api.advance(251);

    const next = await api.takeSeat(tenant.member, whose === 'its own machine' ? { machine_id: machine } : {});
    expect(next.session_id).not.toBe(seat.session_id);
    const row = await api.row(seat);
    expect(row).toMatchObject({ status: 'expired', endReason: 'session_ended' });
    expect(row.endedAt!.toISOString()).toBe(seat.expires_at);
    const { body } = await api.heartbeat(seat.session_token).expect(410);
    expect(body).toMatchObject({ code: 'lease_lost', end_reason: 'session_ended' });
    expect(await api.auditOf(seat.session_id, 'license_session.expired')).toMatchObject([
      { after: { end_reason: 'session_ended' } },
    ]);
  });
});
