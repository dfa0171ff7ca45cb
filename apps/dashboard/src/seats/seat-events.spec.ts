import type { StreamEvent } from '@coditect/contracts/stream';
import { QueryClient } from '@tanstack/react-query';
import { beforeEach, describe, expect, it } from 'vitest';
import { seatData } from '#test/live';
import { aLicense, aSession } from '#test/seats';
import { applySeatEvent } from './seat-events.ts';

const one = aSession(1);
const two = aSession(2);
const acquired = (session = one, seatsInUse = 3): StreamEvent => ({
  type: 'seat.acquired',
  data: seatData(session, seatsInUse),
});
const released = (session = one, seatsInUse = 1): StreamEvent => ({
  type: 'seat.released',
  data: seatData(session, seatsInUse),
});
const list = <Row>(results: Row[], more: { count?: number; next?: string } = {}) => ({
  count: results.length,
  next: null,
  previous: null,
  results,
  ...more,
});

let client: QueryClient;
beforeEach(() => {
  client = new QueryClient();
});

/** Applies an event to one answer.
 *  @returns the changed answer, and whether it must be requested again */
function apply<Answer>(event: StreamEvent, queryKey: readonly unknown[], answer: Answer) {
  client.setQueryData<Answer>(queryKey, () => answer, { updatedAt: 1_000 });
  const query = client.getQueryCache().find({ queryKey, exact: true })!;
  const again = applySeatEvent(event, query, client);
  return { answer: client.getQueryData<Answer>(queryKey), again };
}

describe('the counts of an event', () => {
  const counts = { seats_in_use: 3, seats_free: 2 };

  it('are written into a license and into lists of licenses, and leave other licenses as they are', () => {
    const other = aLicense({ id: 'other' });
    expect(apply(acquired(), ['licenses', aLicense().id], aLicense())).toMatchObject({ answer: counts, again: false });
    expect(apply(acquired(), ['licenses', 'other'], other)).toEqual({ answer: other, again: false });
    const { answer, again } = apply(acquired(), ['licenses', 'all'], list([other, aLicense()]));
    expect(answer?.results).toMatchObject([other, counts]);
    expect(again).toBe(false);
  });

  it('are written into the quota of the plan', () => {
    const quota = { licenses: [{ license_id: aLicense().id, seats_total: 5, seats_in_use: 2 }] };
    const { answer, again } = apply(acquired(), ['quota'], quota);
    expect(answer).toEqual({ licenses: [{ license_id: aLicense().id, seats_total: 5, seats_in_use: 3 }] });
    expect(again).toBe(false);
  });

  it('come with denials too, unless the denial names no license', () => {
    const { user, machine_id } = seatData(one, 5);
    const denial = { denial_id: 'd', machine_id, user, reason: 'no_seats_available' };
    const full: StreamEvent = {
      type: 'denial.created',
      data: { ...denial, license_id: aLicense().id, seats_in_use: 5, seats_total: 5 },
    };
    const none: StreamEvent = {
      type: 'denial.created',
      data: { ...denial, license_id: null, seats_in_use: null, seats_total: null },
    };
    const licenses = list([aLicense()]);
    expect(apply(full, ['licenses', 'all'], licenses).answer?.results[0]?.seats_free).toBe(0);
    expect(apply(none, ['licenses', 'all'], licenses)).toEqual({ answer: licenses, again: false });
  });

  it('do not change the time of the answer, because the rest of it is as old as before', () => {
    apply(acquired(), ['licenses', 'all'], list([aLicense()]));
    expect(client.getQueryState(['licenses', 'all'])?.dataUpdatedAt).toBe(1_000);
  });

  it('cause a new request if the list does not have the license', () => {
    expect(apply(acquired(), ['licenses', 'all'], list([])).again).toBe(true);
  });

  it.each([
    ['only the number of used seats changed, and nothing is requested', {}, false],
    ['the status changed, and the list is requested again', { status: 'suspended' as const }, true],
    ['the number of seats bought changed, and the list is requested again', { seats_total: 9 }, true],
  ])('are written when %s', (_, change, again) => {
    const data = { license_id: aLicense().id, status: 'active' as const, seats_in_use: 3, seats_total: 5, ...change };
    const applied = apply({ type: 'license.changed', data }, ['licenses', 'all'], list([aLicense()]));
    expect(applied.again).toBe(again);
    expect(applied.answer?.results).toMatchObject([{ seats_in_use: 3, ...change }]);
  });
});

describe('a session that has ended', () => {
  const active = (filter: object = {}) => ['license-sessions', { status: 'active', ...filter }];

  it('is removed from a list that has all sessions', () => {
    expect(apply(released(), active(), list([one, two]))).toEqual({ answer: list([two]), again: false });
  });

  it('is removed from a page, which is requested again for the row that moves up', () => {
    const page = list([one], { count: 2, next: 'next' });
    expect(apply(released(), active({ limit: 1 }), page)).toMatchObject({
      answer: { count: 1, results: [] },
      again: true,
    });
    expect(apply(released(two), active({ limit: 1 }), page).again).toBe(true);
  });

  it.each([
    ['another license', { license_id: 'other' }],
    ['another user', { user_id: two.user.id }],
    ['another machine', { machine_id: two.machine_id }],
  ])('does not change a list of %s', (_, filter) => {
    const page = list([two], { next: 'next' });
    expect(apply(released(), active(filter), page)).toEqual({ answer: page, again: false });
  });

  it('is requested again where its end is shown', () => {
    expect(apply(released(), ['license-sessions', one.id], one).again).toBe(true);
    expect(apply(released(), ['license-sessions', two.id], two).again).toBe(false);
    expect(apply(released(), ['license-sessions', { limit: 1 }], list([one])).again).toBe(true);
    expect(apply(released(), ['license-sessions', { limit: 1 }], list([two])).again).toBe(false);
    expect(apply(released(), ['license-sessions', { status: 'released' }], list([])).again).toBe(true);
    expect(apply(released(), ['license-sessions', { status: 'expired' }], list([])).again).toBe(false);
  });
});

describe('a session that has begun', () => {
  it('is requested by the lists that will show it, and by no others', () => {
    expect(apply(acquired(), ['license-sessions', { status: 'active' }], list([two])).again).toBe(true);
    expect(apply(acquired(), ['license-sessions', { limit: 1 }], list([two])).again).toBe(true);
    expect(apply(acquired(), ['license-sessions', { user_id: two.user.id }], list([two])).again).toBe(false);
    expect(apply(acquired(), ['license-sessions', { status: 'released' }], list([])).again).toBe(false);
  });

  it('is not requested if the list has it already', () => {
    expect(apply(acquired(), ['license-sessions', { status: 'active' }], list([one])).again).toBe(false);
  });
});

it('users who are shown with the number of their seats are requested again, other users are not', () => {
  const user = (id: string) => ({ id, seats_held: 0 });
  expect(apply(acquired(), ['users', one.user.id], user(one.user.id)).again).toBe(true);
  expect(apply(acquired(), ['users', two.user.id], user(two.user.id)).again).toBe(false);
  expect(apply(acquired(), ['users', {}], list([user(one.user.id)])).again).toBe(true);
  expect(apply(acquired(), ['users', {}], list([user(two.user.id)])).again).toBe(false);
  expect(apply(acquired(), ['users', 'managers'], [user(one.user.id)]).again).toBe(false);
});
