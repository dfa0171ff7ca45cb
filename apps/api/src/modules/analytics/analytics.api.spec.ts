import { DenialReport, Heatmap, HeatmapQuery, Usage, type UsagePoint } from '@coditect/contracts/analytics';
import { MAX_POINTS } from '@coditect/contracts/names';
import type { License } from '@coditect/db/generated/prisma/client';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import type { TestTenant } from '#test/factory';
import { pastDenials, readAnalytics, refusedAnalytics, searchOf } from '#test/usage-history';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let api: TestApp;
let tenant: TestTenant;
let stranger: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  stranger = await api.factory.tenant();
});
beforeEach(async () => {
  tenant = await api.factory.tenant({ seatsTotal: 10 });
});

const read = <T>(route: string, query: object) => readAnalytics<T>(api, route, query, tenant.viewer);
const refused = (route: string, query: object) => refusedAnalytics(api, route, query, tenant.owner);

const counts = { seatsTotal: 10, acquires: 1, denials: 2, uniqueUsers: 3, uniqueMachines: 4 };
interface Stored {
  at: Date | string;
  peak: number;
  mean?: number;
  samples?: number;
}
const columns = ({ tenantId, id }: License, { at, peak, mean = peak / 2, samples = 1 }: Stored) => ({
  row: { tenantId, licenseId: id, seatsInUsePeak: peak, seatsInUseMean: mean, ...counts },
  at: new Date(at),
  samples,
});
async function storeSamples(license: License, stored: Stored[]) {
  const data = stored.map((s) => columns(license, s)).map(({ row, at }) => ({ ...row, sampledAt: at }));
  await api.db.system.usageSample.createMany({ data });
}
async function storeHours(license: License, stored: Stored[]) {
  const data = stored
    .map((s) => columns(license, s))
    .map(({ row, at, samples }) => ({ ...row, startsAt: at, samples }));
  await api.db.system.usageHour.createMany({ data });
}
async function storeDays(license: License, stored: Stored[]) {
  const data = stored
    .map((s) => columns(license, s))
    .map(({ row, at, samples }) => ({ ...row, startsAt: at, samples }));
  await api.db.system.usageDay.createMany({ data });
}

const range = { from: '2026-03-02T00:00:00Z', to: '2026-03-09T00:00:00Z' };

describe('usage', () => {
  it('is the series of a license, from `from` until before `to`, in buckets of the requested length', async () => {
    const { license } = tenant;
    const times = ['2026-03-01T23:55:00Z', range.from, '2026-03-02T00:05:00Z', range.to];
    await storeSamples(
      license,
      times.map((at, i) => ({ at, peak: i })),
    );
    await storeHours(license, [{ at: '2026-03-02T05:00:00Z', peak: 7, samples: 12 }]);
    await storeDays(license, [{ at: '2026-03-03T00:00:00Z', peak: 8, samples: 288 }]);
    const week = { ...range, license_id: license.id };

    const usage = await read<Usage>('usage', { ...week, to: '2026-03-08T00:00:00Z', bucket: '5m' });
    Usage.strict().parse(usage);
    expect(usage.series).toEqual([
      {
        starts_at: '2026-03-02T00:00:00.000Z',
        peak: 1,
        mean: 0.5,
        seats_total: 10,
        acquires: 1,
        denials: 2,
        unique_users: 3,
        unique_machines: 4,
      } satisfies UsagePoint,
      expect.objectContaining({ starts_at: '2026-03-02T00:05:00.000Z', peak: 2 }),
    ]);
    expect(await read<Usage>('usage', week)).toMatchObject({ bucket: 'hour', series: [{ peak: 7 }] });
    expect(await read<Usage>('usage', { ...week, bucket: 'day' })).toMatchObject({ series: [{ peak: 8 }] });
  });

  it('adds up the licenses of the tenant if none is named', async () => {
    const second = await api.factory.license(tenant.id);
    const at = '2026-03-02T05:00:00Z';
    await storeHours(tenant.license, [{ at, peak: 7 }]);
    await storeHours(second, [{ at, peak: 4 }]);
    await storeHours(stranger.license, [{ at, peak: 100 }]);
    const { series } = await read<Usage>('usage', range);
    expect(series).toMatchObject([{ peak: 11, mean: 5.5, seats_total: 20, acquires: 2, denials: 4 }]);
  });

  it(`has at most ${MAX_POINTS} points`, async () => {
    const days = (n: number) => new Date(Date.parse(range.from) + n * DAY_MS).toISOString();
    const ask = (bucket: string, n: number) => refused('usage', { from: range.from, to: days(n), bucket });
    expect(await ask('5m', 7)).toMatchObject({ code: 'validation_failed', errors: [{ path: 'bucket' }] });
    expect(await ask('hour', 84)).toMatchObject({ code: 'validation_failed' });
    expect(await ask('hour', 83)).toMatchObject({ bucket: 'hour', series: [] });
    expect(await ask('day', 2000)).toMatchObject({ bucket: 'day' });
  });
});

describe('the heatmap', () => {
  it('has all hours of the week in the requested zone: highest peaks, means over time, null where nothing is known', async () => {
    const { license } = tenant;
    await storeHours(license, [
      { at: '2026-03-02T08:00:00Z', peak: 4, mean: 3, samples: 12 }, // Monday, 09:00 in Berlin
      { at: '2026-03-09T08:00:00Z', peak: 6, mean: 1, samples: 4 },
      { at: '2026-03-30T07:00:00Z', peak: 5, mean: 2, samples: 12 }, // 09:00 in Berlin too: summer time
      { at: '2026-03-08T23:00:00Z', peak: 2, mean: 1, samples: 12 }, // Monday in Berlin, Sunday elsewhere
    ]);
    const spring = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' };
    const heatmap = await read<Heatmap>('heatmap', { ...spring, time_zone: 'Europe/Berlin' });
    Heatmap.strict().parse(heatmap);
    expect(heatmap.cells).toHaveLength(168);
    expect(heatmap.cells[0]).toEqual({ weekday: 1, hour: 0, peak: 2, mean: 1 });
    expect(heatmap.cells[9]).toEqual({ weekday: 1, hour: 9, peak: 6, mean: (12 * 3 + 4 * 1 + 12 * 2) / 28 });
    expect(heatmap.cells[8]).toEqual({ weekday: 1, hour: 8, peak: null, mean: null });
    expect(heatmap.cells.filter(({ peak }) => peak !== null)).toHaveLength(2);
    const utc = await read<Heatmap>('heatmap', { ...spring, license_id: license.id });
    expect(utc.cells.at(-1)).toEqual({ weekday: 7, hour: 23, peak: 2, mean: 1 });
  });

  it('adds up licenses moment by moment, and is exact in zones with half hours for the last weeks', async () => {
    const second = await api.factory.license(tenant.id);
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 48 * HOUR_MS;
    const samples = [0, 25, 30, 55].map((minute) => ({ at: new Date(hour + minute * 60_000), peak: minute + 1 }));
    await storeSamples(tenant.license, samples);
    await storeSamples(second, samples.slice(1, 2));
    const asked = { from: new Date(hour).toISOString(), to: new Date(hour + HOUR_MS).toISOString() };
    const { cells } = await read<Heatmap>('heatmap', { ...asked, time_zone: 'Asia/Kolkata' });
    expect(
      cells
        .map(({ peak }) => peak)
        .filter((peak) => peak !== null)
        .toSorted((a, b) => a - b),
    ).toEqual([52, 56]);
  });

  it.each(['Mars/Olympus', 'Europe/Olympus', '+01:00', 'CST', 'SystemV/AST4', 'Etc/GMT+99', "UTC'; --", '', 'Europe'])(
    'refuses the zone %j',
    async (zone) => {
      const problem = await refused('heatmap', { ...range, time_zone: zone });
      expect(problem).toMatchObject({ code: 'validation_failed', errors: [{ path: 'time_zone' }] });
    },
  );

  it('accepts no zone that the database does not know', async () => {
    const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'Etc/UTC', 'Etc/GMT+5', 'Asia/Kolkata', 'Europe/Kyiv'];
    const taken = zones.filter((zone) => HeatmapQuery.safeParse({ ...range, time_zone: zone }).success);
    expect(taken.length).toBeGreaterThan(400);
    const { rows } = await api.db.systemQuery<{ zone: string }>(
      `SELECT zone FROM unnest($1::text[]) AS zone WHERE zone NOT IN (SELECT name FROM pg_timezone_names)`,
      [taken],
    );
    expect(rows).toEqual([]);
  });
});

describe('denials', () => {
  const at = (time: string) => new Date(`2026-03-03T${time}Z`);

  it('count a run of retries once, by time, reason and user', async () => {
    const { member, admin, license } = tenant;
    const gone = { id: '0195a4bf-9a70-7d51-8b3e-2c94f6a1d073' };
    await pastDenials(api, license, [
      ...['09:00:00', '09:05:00', '09:15:00', '09:25:00.001'].map((time) => ({ user: member, at: at(time) })),
      { user: member, at: at('09:01:00'), reason: 'entitlement_missing' },
      { user: admin, at: at('14:00:00') },
      { user: gone, at: at('14:00:00') },
    ]);
    await pastDenials(api, { tenantId: tenant.id, id: null }, [
      { user: admin, at: at('14:01:00'), reason: 'license_not_found' },
    ]);
    await pastDenials(api, stranger.license, [{ user: stranger.member, at: at('09:00:00') }]);
    const report = await read<DenialReport>('denials', range);
    DenialReport.strict().parse(report);
    const { id, email, name } = member;
    expect(report).toEqual({
      bucket: 'hour',
      denials: 6,
      attempts: 8,
      series: [
        { starts_at: '2026-03-03T09:00:00.000Z', denials: 3, attempts: 5 },
        { starts_at: '2026-03-03T14:00:00.000Z', denials: 3, attempts: 3 },
      ],
      by_reason: [
        { reason: 'no_seats_available', denials: 4, attempts: 6 },
        { reason: 'entitlement_missing', denials: 1, attempts: 1 },
        { reason: 'license_not_found', denials: 1, attempts: 1 },
      ],
      by_user: [
        { user: { id, email, name }, denials: 3, attempts: 5 },
        { user: { id: admin.id, email: admin.email, name: admin.name }, denials: 2, attempts: 2 },
        { user: { id: gone.id, email: null, name: null }, denials: 1, attempts: 1 },
      ],
    });
    const ofLicense = await read<DenialReport>('denials', { ...range, license_id: license.id, bucket: 'day' });
    expect(ofLicense).toMatchObject({ denials: 5, series: [{ starts_at: '2026-03-03T00:00:00.000Z', denials: 5 }] });
  });

  it('that began before `from` count only as attempts after it', async () => {
    const denials = ['09:00:00', '09:08:00'].map((time) => ({ user: tenant.member, at: at(time) }));
    await pastDenials(api, tenant.license, denials);
    const asked = { from: at('09:05:00').toISOString(), to: at('10:00:00').toISOString() };
    expect(await read('denials', asked)).toMatchObject({ denials: 0, attempts: 1 });
  });

  it('list at most ten users, and none without refusals', async () => {
    const users = Array.from({ length: 12 }, (_, i) => ({
      id: `0195a4bf-9a70-7d51-8b3e-${String(i).padStart(12, '0')}`,
    }));
    await pastDenials(
      api,
      tenant.license,
      users.map((user) => ({ user, at: at('09:00:00') })),
    );
    expect((await read<DenialReport>('denials', range)).by_user).toHaveLength(10);
    const before = { from: '2026-02-02T00:00:00Z', to: '2026-02-03T00:00:00Z' };
    expect(await read('denials', before)).toEqual({
      bucket: 'hour',
      denials: 0,
      attempts: 0,
      series: [],
      by_reason: [],
      by_user: [],
    });
  });
});

describe('the callers who may read analytics', () => {
  const routes = (license: License) =>
    [
      ['usage', range],
      ['heatmap', range],
      ['denials', range],
      ['forecast', {}],
      ['what-if', { ...range, seats: 1 }],
    ].map(
      ([route, query]) => `analytics/${route as string}?${searchOf({ ...(query as object), license_id: license.id })}`,
    );

  it('are owner, admin and viewer, but no member, and a key with the scope', async () => {
    const key = await api.factory.apiKey(tenant.admin, ['analytics:read']);
    const other = await api.factory.apiKey(tenant.admin, ['license:read']);
    for (const route of routes(tenant.license)) {
      for (const role of ['owner', 'admin', 'viewer'] as const)
        await api.get(route, tenant[role].accessToken).expect(200);
      await api.get(route, key).expect(200);
      for (const credential of [tenant.member.accessToken, other]) await api.get(route, credential).expect(403);
      await api.get(route).expect(401);
    }
  });

  it('are no users of another tenant: the license does not exist for them', async () => {
    for (const route of routes(stranger.license)) {
      const { body } = await api.get(route, tenant.owner.accessToken).expect(404);
      expect(body).toMatchObject({ code: 'license_not_found' });
    }
  });
});
