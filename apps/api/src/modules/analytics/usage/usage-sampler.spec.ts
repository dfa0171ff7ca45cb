import type { License } from '@coditect/db/generated/prisma/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import type { TestTenant } from '#test/factory';
import { pastDenials, pastSessions } from '#test/usage-history';
import { Clock } from '#platform/clock';
import { UsageRetention } from './usage-retention.js';
import { UsageRollUp } from './usage-roll-up.js';
import { UsageSampler } from './usage-sampler.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A Wednesday in the past, so that every moment in the tests is before the current time. */
const DAY = Date.parse('2025-03-05T00:00:00Z');

let api: TestApp;
let tenant: TestTenant;
let license: License;
const clock = new Clock();
let sampler: UsageSampler;
let retention: UsageRetention;
beforeAll(async () => {
  api = await TestApp.start();
  sampler = new UsageSampler(api.db, clock, new UsageRollUp(api.db));
  retention = new UsageRetention(api.db, clock);
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.db.system.license.updateMany({ data: { status: 'revoked' } }); // licenses of other tests
  tenant = await api.factory.tenant({ createdAt: at('07:00'), validFrom: at('07:00'), seatsTotal: 5 });
  license = tenant.license;
});

/** A moment of that day, such as `08:00` or `08:00:30`. */
function at(time: string): Date {
  return new Date(`2025-03-05T${time.length === 5 ? `${time}:00` : time}Z`);
}
async function sampleAt(time: string | Date): Promise<number> {
  clock.offsetMs = (typeof time === 'string' ? at(time) : time).getTime() - Date.now();
  return sampler.sample();
}
const samples = () =>
  api.db.system.usageSample.findMany({ where: { licenseId: license.id }, orderBy: { sampledAt: 'asc' } });
const sampleOf = (time: string) =>
  api.db.system.usageSample.findFirst({ where: { licenseId: license.id, sampledAt: at(time) } });
const hours = () =>
  api.db.system.usageHour.findMany({ where: { licenseId: license.id }, orderBy: { startsAt: 'asc' } });
const rolledDays = () => api.db.system.usageDay.findMany({ where: { licenseId: license.id } });

describe('given license sessions within five minutes', () => {
  it('then peak, mean, acquires, users and machines follow from the intervals', async () => {
    const [ada, bob] = [tenant.owner, tenant.member];
    await pastSessions(api, license, [
      { user: ada, start: at('07:30'), end: at('09:00') }, // all the time
      { user: ada, start: at('08:01'), end: at('08:02') }, // a minute of five
      { user: bob, start: at('08:02'), end: at('08:04') }, // starts in the moment the previous one ends
      { user: bob, start: at('07:00'), end: at('07:59') }, // before
      { user: bob, start: at('08:05'), end: at('08:30') }, // after
    ]);
    await sampleAt('08:06');
    const sample = await sampleOf('08:00');
    expect(sample).toMatchObject({ seatsTotal: 5, seatsInUsePeak: 2, acquires: 2, uniqueUsers: 2, uniqueMachines: 3 });
    expect(sample!.seatsInUseMean).toBeCloseTo(1 + 1 / 5 + 2 / 5);
  });

  it('then a lapsed session that is not recorded counts until the end of its lease, a live one until the end', async () => {
    await pastSessions(api, license, [
      { user: tenant.owner, start: at('07:50'), leaseEnd: at('08:01') },
      { user: tenant.member, start: at('07:50'), leaseEnd: at('08:10') },
    ]);
    await sampleAt('08:11');
    expect((await sampleOf('08:00'))!.seatsInUseMean).toBeCloseTo(1.2);
    expect(await sampleOf('08:05')).toMatchObject({ seatsInUsePeak: 1, seatsInUseMean: 1, acquires: 0 });
  });

  it('then a run of retries is one denial, which counts where it began', async () => {
    const { owner, member } = tenant;
    await pastDenials(api, license, [
      ...['08:01', '08:03', '08:09', '08:19:00'].map((time) => ({ user: member, at: at(time) })), // one run
      { user: member, at: at('08:29:01') }, // more than ten minutes later
      { user: owner, at: at('08:03') },
      { user: owner, at: at('08:03'), reason: 'entitlement_missing' },
      { user: owner, at: at('08:03'), reason: 'entitlement_missing' }, // in the same millisecond
    ]);
    await sampleAt('08:36');
    const counted = (await samples()).filter(({ denials }) => denials > 0);
    expect(counted.map(({ sampledAt, denials }) => [sampledAt, denials])).toEqual([
      [at('08:00'), 3],
      [at('08:25'), 1],
    ]);
  });
});

describe('the schedule of samples', () => {
  it('samples five minutes one minute after their end, and only once', async () => {
    expect(await sampleAt('07:05:59')).toBe(0);
    expect(await sampleAt('07:06')).toBe(1);
    expect(await Promise.all([sampleAt('07:11'), sampleAt('07:11'), sampleAt('07:11')])).toEqual(
      expect.arrayContaining([0, 0, 1]),
    );
    expect((await samples()).map(({ sampledAt }) => sampledAt)).toEqual([at('07:00'), at('07:05')]);
  });

  it('makes up for missed samples of the last 24 hours', async () => {
    await pastSessions(api, license, [{ user: tenant.owner, start: at('08:00'), end: at('09:00') }]);
    await sampleAt('07:06');
    expect(await sampleAt('10:01')).toBe(35);
    expect(await sampleOf('08:30')).toMatchObject({ seatsInUsePeak: 1 });
    expect(await sampleAt(new Date(at('10:01').getTime() + 3 * DAY_MS))).toBe(288);
  });

  it('leaves out licenses that cannot be used: revoked, expired, not yet valid, of a closed tenant', async () => {
    const spans = { createdAt: at('07:00'), validFrom: at('07:00') };
    await api.factory.license(tenant.id, { ...spans, status: 'revoked' });
    await api.factory.license(tenant.id, { ...spans, validUntil: at('07:10') });
    await api.factory.license(tenant.id, { ...spans, validFrom: at('09:00') });
    const closed = await api.factory.tenant(spans);
    await api.db.system.tenant.update({ where: { id: closed.id }, data: { status: 'closed' } });
    expect(await sampleAt('07:21')).toBe(4 + 2);
  });

  it('samples more licenses than one statement takes', async () => {
    const spans = { createdAt: at('07:00'), validFrom: at('07:00') };
    await api.db.system.license.createMany({
      data: Array.from({ length: 450 }, (_, i) => ({
        tenantId: tenant.id,
        key: `MANY-${i}`,
        product: 'coditect',
        planTier: 'team' as const,
        seatsTotal: 1,
        features: [],
        ...spans,
      })),
    });
    expect(await sampleAt('07:06')).toBe(451);
    expect(await api.db.system.usageHour.count({ where: { tenantId: tenant.id } })).toBe(451);
  });
});

describe('given samples, when they are rolled up', () => {
  beforeEach(async () => {
    const { owner, member } = tenant;
    await pastSessions(api, license, [
      { user: owner, start: at('07:10'), end: at('07:40') },
      { user: owner, start: at('07:20'), end: at('07:40') },
      { user: member, start: at('08:00'), end: at('09:00') },
    ]);
    await pastDenials(api, license, [{ user: member, at: at('07:15') }]);
  });

  it('then an hour has the highest peak, the mean over time, sums, and each user once', async () => {
    await sampleAt('09:01');
    expect(await hours()).toMatchObject([
      {
        startsAt: at('07:00'),
        seatsInUsePeak: 2,
        acquires: 2,
        denials: 1,
        uniqueUsers: 1,
        uniqueMachines: 2,
        samples: 12,
      },
      { startsAt: at('08:00'), seatsInUsePeak: 1, acquires: 1, denials: 0, uniqueUsers: 1, samples: 12 },
    ]);
    expect((await hours()).map(({ seatsInUseMean }) => Number(seatsInUseMean.toFixed(6)))).toEqual([0.833333, 1]);
  });

  it('then a day weighs its hours by their samples, and is updated with new ones', async () => {
    await sampleAt('08:31');
    const [morning] = await rolledDays();
    expect(morning).toMatchObject({
      startsAt: at('00:00'),
      seatsInUsePeak: 2,
      denials: 1,
      uniqueUsers: 2,
      samples: 18,
    });
    expect(morning!.seatsInUseMean).toBeCloseTo((30 + 20 + 30) / 90);
    await sampleAt('09:01');
    expect(await rolledDays()).toMatchObject([{ samples: 24, acquires: 3 }]);
  });

  it('then the next run completes what a killed process left undone', async () => {
    await sampleAt('09:01');
    const complete = await hours();
    await api.db.system.usageHour.deleteMany({ where: { licenseId: license.id, startsAt: at('08:00') } });
    await api.db.system.usageHour.updateMany({ where: { licenseId: license.id }, data: { samples: 3, acquires: 0 } });
    await sampleAt('09:01');
    expect(await hours()).toEqual(complete);
  });

  it('then samples are kept for 35 days, hours for 400, days for ever', async () => {
    await sampleAt('09:01');
    const deletedAfter = async (days: number) => {
      clock.offsetMs = DAY + days * DAY_MS - Date.now();
      await retention.deleteOld();
      return [(await samples()).length, (await hours()).length, (await rolledDays()).length];
    };
    expect(await deletedAfter(35)).toEqual([24, 2, 1]);
    expect(await deletedAfter(36)).toEqual([0, 2, 1]);
    expect(await deletedAfter(400)).toEqual([0, 2, 1]);
    expect(await deletedAfter(401)).toEqual([0, 0, 1]);
  });
});
