import type { AcquireResponse } from '@coditect/contracts/license-sessions';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { newMachine, type TestTenant } from '#test/factory';

let api: TestApp;
let tenant: TestTenant;
let seat: AcquireResponse;
const machine = newMachine();
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
  seat = await api.takeSeat(tenant.member, { machine_id: machine });
  await api.patch(`users/${tenant.member.id}`, { role: 'viewer' }, tenant.owner.accessToken).expect(200);
});
afterEach(() => {
  api.clock.offsetMs = 0;
});

const acquire = (on = newMachine()) => api.post('licenses/acquire', { machine_id: on }, tenant.member.accessToken);

describe('given a member who holds a seat and is made a viewer', () => {
  it('then it keeps the seat as long as its heartbeats continue', async () => {
    for (let i = 0; i < 4; i += 1) {
      api.advance(300);
      await api.heartbeat(seat.session_token).expect(200);
    }
    expect((await api.row(seat)).status).toBe('active');
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
  });

  it('then it can release the seat by its token', async () => {
    expect((await api.release(seat.session_token).expect(200)).body).toMatchObject({ status: 'released' });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('then it gets no other seat, not even immediately after, and that is not recorded as a denial', async () => {
    const { body } = await acquire().expect(403);
    expect(body).toMatchObject({ code: 'forbidden', permission: 'license_session:acquire' });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
    expect(await api.db.system.denial.count({ where: { tenantId: tenant.id } })).toBe(0);
  });

  it('then once it is released, the seat cannot be taken again, not even on the same machine', async () => {
    await api.release(seat.session_token).expect(200);
    await acquire(machine).expect(403);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 0, ledger: 0 });
  });

  it('then once it has lapsed and others have the seats, it is lost', async () => {
    api.advance(400);
    for (const role of ['owner', 'admin', 'owner'] as const) await api.takeSeat(await api.factory.signIn(tenant[role]));
    expect((await api.heartbeat(seat.session_token).expect(410)).body.code).toBe('lease_lost');
    await acquire(machine).expect(403);
  });

  it('then an admin can end the session like any other', async () => {
    await api.post(`license-sessions/${seat.session_id}/release`, {}, tenant.admin.accessToken).expect(200);
    expect((await api.heartbeat(seat.session_token).expect(410)).body.end_reason).toBe('revoked');
  });
});
