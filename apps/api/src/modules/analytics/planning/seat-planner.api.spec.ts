import { Forecast, WhatIf } from '@coditect/contracts/analytics';
import type { License } from '@coditect/db/generated/prisma/client';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';
import { pastDenials, pastSessions, readAnalytics, refusedAnalytics } from '#test/usage-history';

const DAY_MS = 24 * 3_600_000;

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 10 });
});

const read = <T>(route: string, query: object) => readAnalytics<T>(api, route, query, tenant.viewer);
const refused = (route: string, query: object) => refusedAnalytics(api, route, query, tenant.owner);

const range = { from: '2026-03-02T00:00:00Z', to: '2026-03-09T00:00:00Z' };

async function storeDays({ tenantId, id }: License, days: { at: Date; peak: number; samples: number }[]) {
  const others = { seatsTotal: 10, acquires: 1, denials: 0, uniqueUsers: 1, uniqueMachines: 1 };
  await api.db.system.usageDay.createMany({
    data: days.map(({ at, peak, samples }) => ({
      tenantId,
      licenseId: id,
      startsAt: at,
      seatsInUsePeak: peak,
      seatsInUseMean: peak / 2,
      samples,
      ...others,
    })),
  });
}

describe('the forecast', () => {
  const today = () => Math.floor((Date.now() + api.clock.offsetMs) / DAY_MS) * DAY_MS;
  const history = (days: number, peakOf: (daysAgo: number) => number) =>
    Array.from({ length: days }, (_, i) => i + 1).map((daysAgo) => ({
      at: new Date(today() - daysAgo * DAY_MS),
      peak: peakOf(daysAgo),
      samples: 288,
    }));
  const forecastOf = (license: License, horizon = 30) =>
    read<Forecast>('forecast', { license_id: license.id, horizon_days: horizon });

  it('of a team that grows by a seat every ten days says when the last seat will be taken', async () => {
    await storeDays(tenant.license, [
      ...history(60, (daysAgo) => Math.round(8 - daysAgo / 10)),
      { at: new Date(today()), peak: 0, samples: 200 }, // today is not over yet
    ]);
    const forecast = await forecastOf(tenant.license, 60);
    Forecast.strict().parse(forecast);
    expect(forecast).toMatchObject({
      license_id: tenant.license.id,
      seats_total: 10,
      insufficient_data: false,
      history_days: 60,
      method: 'damped_holt_winters',
    });
    expect(forecast.days).toHaveLength(60);
    expect(forecast.days[0]!.date).toBe(new Date(today()).toISOString().slice(0, 10));
    expect(forecast.days[0]!.expected).toBeCloseTo(8, 0);
    const { expected, earliest } = forecast.days_until_exhausted;
    expect(earliest).toBeGreaterThan(0);
    expect(expected ?? Infinity).toBeGreaterThanOrEqual(earliest!);
  });

  it('of fewer than 14 days is empty, and marked as insufficient data', async () => {
    await storeDays(
      tenant.license,
      history(13, () => 5),
    );
    expect(await forecastOf(tenant.license)).toEqual({
      license_id: tenant.license.id,
      seats_total: 10,
      insufficient_data: true,
      history_days: 13,
      method: null,
      days: [],
      days_until_exhausted: { expected: null, earliest: null },
    });
  });

  it('of fewer than three weeks repeats the last one; a day with less than half of its samples is unknown', async () => {
    const days = history(16, () => 10).map((day, i) => (i === 4 ? { ...day, peak: 1, samples: 100 } : day));
    await storeDays(tenant.license, days);
    const forecast = await forecastOf(tenant.license, 7);
    expect(forecast).toMatchObject({ method: 'seasonal_naive_drift', history_days: 16 });
    expect(forecast.days.map(({ expected }) => expected)).toEqual(Array(7).fill(10));
    expect(forecast.days_until_exhausted).toEqual({ expected: 0, earliest: 0 });
  });

  it.each([
    ['horizon_days', { horizon_days: 91 }],
    ['horizon_days', { horizon_days: 0 }],
    ['horizon_days', { horizon_days: '1e1' }],
    ['license_id', { license_id: 'mine' }],
  ])('refuses a wrong %s: %j', async (path, query) => {
    const problem = await refused('forecast', { license_id: tenant.license.id, ...query });
    expect(problem).toMatchObject({ code: 'validation_failed', errors: [{ path }] });
  });
});

describe('what-if', () => {
  const at = (time: string) => new Date(`2026-03-03T${time}:00Z`);

  it('replays license sessions and denials with another number of seats', async () => {
    const license = await api.factory.license(tenant.id, { seatsTotal: 2 });
    const { owner, admin, member } = tenant;
    await pastSessions(api, license, [
      { user: owner, start: at('08:00'), end: at('12:00') },
      { user: admin, start: at('09:00'), end: at('12:00') },
    ]);
    await pastDenials(api, license, [
      ...['10:00', '10:05', '10:10'].map((time) => ({ user: member, at: at(time) })),
      { user: member, at: at('10:20'), reason: 'entitlement_missing' },
    ]);
    const withSeats = (seats: number) => read<WhatIf>('what-if', { ...range, license_id: license.id, seats });
    const three = await withSeats(3);
    WhatIf.strict().parse(three);
    expect(three).toEqual({
      license_id: license.id,
      seats: 3,
      seats_total: 2,
      recorded: { sessions: 2, denials: 1 },
      denials: 0,
      denials_remaining: 0,
      sessions_refused: 0,
      peak: 3,
      seats_needed: 3,
      assumed_session_seconds: 4 * 3600,
    });
    expect(await withSeats(2)).toMatchObject({ denials: 1, denials_remaining: 1, sessions_refused: 0, peak: 2 });
    expect(await withSeats(1)).toMatchObject({ denials: 2, denials_remaining: 1, sessions_refused: 1, peak: 1 });
  });

  it('of a time range without sessions needs no seat', async () => {
    const query = { ...range, license_id: tenant.license.id, seats: 0 };
    expect(await read('what-if', query)).toMatchObject({
      denials: 0,
      seats_needed: 0,
      assumed_session_seconds: 28_800,
    });
  });

  it('accepts at most three months, and only a whole number of seats', async () => {
    const query = { ...range, license_id: tenant.license.id, seats: 1 };
    const long = { ...query, from: '2025-12-01T00:00:00Z' };
    expect(await refused('what-if', long)).toMatchObject({ code: 'validation_failed', errors: [{ path: 'to' }] });
    for (const seats of ['-1', '1.5', ''])
      expect(await refused('what-if', { ...query, seats })).toMatchObject({ errors: [{ path: 'seats' }] });
  });
});
