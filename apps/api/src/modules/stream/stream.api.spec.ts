import { DenialEvent, LicenseEvent, SeatEvent } from '@coditect/contracts/stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startStack, TestApp, type TestStack } from '#test/app';
import { newMachine, type TestTenant } from '#test/factory';
import { StreamWatchers } from '#test/watched-stream';
import { LicensesService } from '#modules/licenses/licenses.service';
import { SessionSweeper } from '#modules/licenses/session-ends/session-sweeper';
import { LiveEvents } from './live-events.js';

let stack: TestStack;
let one: TestApp;
let other: TestApp;
beforeAll(async () => {
  stack = await startStack();
  [one, other] = await Promise.all([TestApp.start(stack), TestApp.start(stack)]);
});
afterAll(async () => {
  await Promise.all([one.stop(), other.stop()]);
  await stack.stop();
});

let tenant: TestTenant;
const watchers = new StreamWatchers();
beforeEach(async () => {
  tenant = await one.factory.tenant({ seatsTotal: 2 });
});
afterEach(() => watchers.closeAll());

describe('given a dashboard at one API process', () => {
  it('when a seat is acquired at another process, then the event arrives within two seconds with user, machine and counts', async () => {
    const stream = await watchers.fromNow(other, tenant.admin);
    const seat = await one.takeSeat(tenant.member);
    const [event] = await stream.expect('seat.acquired');
    expect(SeatEvent.strict().parse(event)).toEqual({
      session_id: seat.session_id,
      license_id: tenant.license.id,
      seat_no: 1,
      machine_id: expect.any(String),
      user: { id: tenant.member.id, name: tenant.member.name },
      end_reason: null,
      seats_in_use: 1,
      seats_total: 2,
    });
  });

  it('then releases, revocations, lapses, denials and changes of the license arrive too', async () => {
    const stream = await watchers.fromNow(other, tenant.admin);
    const mine = await one.takeSeat(tenant.member);
    await one.release(mine.session_token).expect(200);
    const [released] = await stream.expect('seat.released');
    expect(released).toMatchObject({ session_id: mine.session_id, end_reason: 'released', seats_in_use: 0 });

    const theirs = await one.takeSeat(tenant.member);
    await one.post(`license-sessions/${theirs.session_id}/release`, {}, tenant.admin.accessToken).expect(200);
    const [revoked] = await stream.expect('seat.revoked');
    expect(SeatEvent.strict().parse(revoked)).toMatchObject({ session_id: theirs.session_id, end_reason: 'revoked' });

    await one.asSystem(() => one.app.get(LicensesService).changeSeats(tenant.id, tenant.license.id, 1));
    const [changed] = await stream.expect('license.changed');
    expect(LicenseEvent.strict().parse(changed)).toEqual({
      license_id: tenant.license.id,
      status: 'active',
      seats_in_use: 0,
      seats_total: 1,
    });

    await one.takeSeat(tenant.member);
    const machine_id = newMachine();
    await one.post('licenses/acquire', { machine_id }, tenant.owner.accessToken).expect(403);
    const [denied] = await stream.expect('denial.created');
    expect(DenialEvent.strict().parse(denied)).toMatchObject({
      machine_id,
      user: { id: tenant.owner.id },
      reason: 'no_seats_available',
      seats_in_use: 1,
      seats_total: 1,
    });
  });

  it('then a suspension sends one event for each ended session', async () => {
    await one.takeSeat(tenant.member);
    await one.takeSeat(tenant.admin);
    const stream = await watchers.fromNow(other, tenant.viewer);
    await one.asSystem(() => one.app.get(LicensesService).changeStatus(tenant.id, tenant.license.id, 'suspended'));
    await stream.expect('seat.revoked', 2);
    expect(stream.types()).toEqual(['reset', 'license.changed', 'seat.revoked', 'seat.revoked']);
    expect(stream.of('license.changed')).toMatchObject([{ status: 'suspended', seats_in_use: 0 }]);
    expect(stream.of('seat.revoked')[0]).toMatchObject({ end_reason: 'license_suspended' });
  });

  it('when a lapsed session is recorded by the sweeper or by the next acquire, then an expiry is sent', async () => {
    const swept = await one.takeSeat(tenant.member);
    const stream = await watchers.fromNow(other, tenant.admin);
    one.advance(600);
    try {
      await one.app.get(SessionSweeper).sweep();
      const [expired] = await stream.expect('seat.expired');
      expect(expired).toMatchObject({ session_id: swept.session_id, end_reason: 'lease_expired' });
      const owner = await one.factory.signIn(tenant.owner);
      const replaced = await one.takeSeat(owner, { machine_id: newMachine() });
      one.advance(600);
      await one.takeSeat(owner, { machine_id: newMachine() });
      const [, second] = await stream.expect('seat.expired', 2);
      expect(second).toMatchObject({ session_id: replaced.session_id, user: { id: tenant.owner.id } });
    } finally {
      one.clock.offsetMs = 0;
    }
  });
});

describe('a client that was disconnected', () => {
  it('resumes after its last event at any process, without a gap or a repetition', async () => {
    const before = await watchers.fromNow(one, tenant.admin);
    await one.takeSeat(tenant.member);
    await before.expect('seat.acquired');
    before.close();
    const live = one.app.get(LiveEvents);
    const license = { type: 'license.changed', licenseId: tenant.license.id } as const;
    for (let i = 0; i < 450; i += 1) live.publish(tenant.id, license);
    const after = await watchers.watch(other, tenant.admin, before.lastId);
    for (let i = 0; i < 50; i += 1) live.publish(tenant.id, license);
    await after.expect('license.changed', 500, 5_000);
    expect(after.types().filter((type) => type !== 'license.changed')).toEqual([]);
    expect(new Set([...before.events, ...after.events].map(({ id }) => id)).size).toBe(502);
  });

  it.each(['1-1', '0-0', 'nonsense', '99999999999999999999-99999999999999999999'])(
    'gets a reset if its last event, %s, does not exist any more',
    async (lastEventId) => {
      const stream = await watchers.watch(one, tenant.admin, lastEventId);
      await stream.expect('reset');
      await one.takeSeat(tenant.member);
      await stream.expect('seat.acquired');
      expect(stream.types()).toEqual(['reset', 'seat.acquired']);
    },
  );

  it('gets a reset if Redis has dropped its last event because of newer ones', async () => {
    const before = await watchers.fromNow(one, tenant.admin);
    before.close();
    for (let i = 0; i < 1_500; i += 1)
      one.app.get(LiveEvents).publish(tenant.id, { type: 'license.changed', licenseId: tenant.license.id });
    await expect.poll(() => one.redis.xrange(`stream:{${tenant.id}}`, before.lastId!, before.lastId!)).toEqual([]);
    const after = await watchers.watch(other, tenant.admin, before.lastId);
    await after.expect('reset');
    expect(after.types()[0]).toBe('reset');
    expect(await one.redis.xlen(`stream:{${tenant.id}}`)).toBeLessThan(1_200);
  });
});

describe('the events that a viewer gets', () => {
  it('are complete for its own seats, and only counts for seats of other users', async () => {
    const stream = await watchers.fromNow(other, tenant.member);
    await one.takeSeat(tenant.admin);
    await stream.expect('license.changed');
    await one.takeSeat(tenant.member);
    await stream.expect('seat.acquired');
    await one.post('licenses/acquire', { machine_id: newMachine() }, tenant.owner.accessToken).expect(403);
    await one.post('licenses/acquire', { machine_id: newMachine() }, tenant.member.accessToken).expect(403);
    await stream.expect('denial.created');
    expect(stream.types()).toEqual(['reset', 'license.changed', 'seat.acquired', 'denial.created']);
    expect(stream.of('license.changed')[0]).toMatchObject({ seats_in_use: 1, seats_total: 2 });
    expect(JSON.stringify(stream.events)).not.toMatch(new RegExp(`${tenant.admin.id}|${tenant.owner.id}`));
  });

  it('include none of another organization, even with an event id of that one', async () => {
    const theirs = await one.factory.tenant();
    const stream = await watchers.fromNow(one, tenant.admin);
    const foreign = await watchers.fromNow(one, theirs.admin);
    await one.takeSeat(tenant.member);
    await stream.expect('seat.acquired');
    const resumed = await watchers.watch(one, theirs.admin, stream.events[0]!.id);
    await one.takeSeat(theirs.member);
    for (const watcher of [foreign, resumed]) {
      await watcher.expect('seat.acquired');
      expect(JSON.stringify(watcher.events)).not.toContain(tenant.license.id);
    }
  });
});
