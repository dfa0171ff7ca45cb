import { withClient } from '@coditect/local-stack/database';
import { createTestDatabase, type TestDatabase } from '@coditect/local-stack/test-database';
import type { QueryResultRow } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { seed } from '../src/seed.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('superuserUrl'));
  await seed({ systemUrl: database.urls.system });
}, 60_000);
afterAll(() => database.drop());

async function query<Row extends QueryResultRow>(sql: string): Promise<Row[]> {
  return withClient(database.urls.system, async (client) => (await client.query<Row>(sql)).rows);
}
async function number(sql: string): Promise<number> {
  const [row] = await query<{ n: number }>(`SELECT (${sql})::float8 AS n`);
  return row!.n;
}
/** Returns the holders of the seats of license l at a time. */
const held = (moment: string) =>
  `SELECT count(*) FROM license_sessions s WHERE s.license_id = l.id AND s.started_at <= ${moment} AND s.ended_at > ${moment}`;

describe('the demo data', () => {
  it('is inserted once: a second start adds nothing', async () => {
    const counts = `SELECT (SELECT count(*) FROM tenants) AS tenants, (SELECT count(*) FROM users) AS users,
      (SELECT count(*) FROM license_sessions) AS sessions, (SELECT count(*) FROM usage_samples) AS samples`;
    const before = await query(counts);

    const demo = await seed({ systemUrl: database.urls.system });

    expect(await query(counts)).toEqual(before);
    expect(demo.map(({ slug, licenseKeys }) => [slug, licenseKeys])).toEqual([
      ['acme', ['CODI-ACME-TEAM-0001']],
      ['globex', ['CODI-GLBX-PRO0-0001']],
    ]);
  });

  it('has colleagues, projects and pending invitations within the quota of the plan', async () => {
    const [acme] = await query<Record<string, number>>(
      `SELECT p.max_users AS "maxUsers", p.max_projects AS "maxProjects",
        (SELECT count(*)::int FROM users u WHERE u.tenant_id = t.id) AS users,
        (SELECT count(*)::int FROM projects r WHERE r.tenant_id = t.id) AS projects,
        (SELECT count(*)::int FROM invitations i WHERE i.tenant_id = t.id AND i.expires_at > now()) AS invitations
      FROM tenants t JOIN plans p ON p.tier = t.plan_tier WHERE t.slug = 'acme'`,
    );

    expect(acme).toMatchObject({ users: 29, projects: 12, invitations: 3 });
    expect(acme!['users']! + acme!['invitations']!).toBeLessThan(acme!['maxUsers']!);
    expect(acme!['projects']!).toBeLessThan(acme!['maxProjects']!);
  });
});

describe('the past of the demo tenants', () => {
  it('is ninety days long, busier on weekdays, and grows', async () => {
    const days = await query<{
      slug: string;
      days: number;
      workday: number;
      weekend: number;
      then: number;
      now: number;
    }>(
      `SELECT t.slug, count(*)::int AS days,
        avg(d.seats_in_use_peak) FILTER (WHERE extract(isodow FROM starts_at) <= 5)::float8 AS workday,
        avg(d.seats_in_use_peak) FILTER (WHERE extract(isodow FROM starts_at) > 5)::float8 AS weekend,
        max(d.seats_in_use_peak) FILTER (WHERE starts_at < now() - interval '76 days') AS then,
        max(d.seats_in_use_peak) FILTER (WHERE starts_at > now() - interval '14 days') AS now
      FROM usage_days d JOIN tenants t ON t.id = d.tenant_id WHERE starts_at < date_trunc('day', now(), 'UTC')
      GROUP BY t.slug ORDER BY t.slug`,
    );

    expect(days.map(({ slug, days: count }) => [slug, count])).toEqual([
      ['acme', 90],
      ['globex', 90],
    ]);
    for (const { workday, weekend } of days) expect(workday).toBeGreaterThan(2 * weekend);
    expect(days[0]!.now).toBeGreaterThan(days[0]!.then + 3);
  });

  it('gives no seat to two holders, and refuses an acquire only while all seats are taken', async () => {
    expect(
      await number(`SELECT count(*) FROM license_sessions a JOIN license_sessions b
        ON b.license_id = a.license_id AND b.seat_no = a.seat_no AND b.id <> a.id
        WHERE b.started_at >= a.started_at AND b.started_at < a.ended_at`),
    ).toBe(0);
    expect(await number(`SELECT count(*) FROM license_sessions WHERE ended_at > now() OR status = 'active'`)).toBe(0);

    const reasons = await query(`SELECT DISTINCT reason FROM denials ORDER BY reason`);
    expect(reasons).toEqual([{ reason: 'entitlement_missing' }, { reason: 'no_seats_available' }]);
    // A retry may come when a seat has become free, so only the first refusal counts.
    const refused = `FROM denials d JOIN licenses l ON l.id = d.license_id
      WHERE reason = 'no_seats_available' AND NOT EXISTS (SELECT FROM denials e WHERE e.user_id = d.user_id
        AND e.occurred_at < d.occurred_at AND e.occurred_at > d.occurred_at - interval '10 minutes')`;
    expect(await number(`SELECT max(l.seats_total - (${held('d.occurred_at')})) ${refused}`)).toBe(0);
  });

  it('has the same samples as the worker would take', async () => {
    const wrong = `SELECT count(*) FROM usage_samples u JOIN licenses l ON l.id = u.license_id
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(extract(epoch FROM least(ended_at, u.sampled_at + interval '5 minutes')
            - greatest(started_at, u.sampled_at))), 0) / 300 AS mean,
          count(*) FILTER (WHERE started_at >= u.sampled_at) AS acquires, count(DISTINCT user_id) AS users
        FROM license_sessions s WHERE s.license_id = l.id AND s.ended_at > u.sampled_at
          AND s.started_at < u.sampled_at + interval '5 minutes') AS held
      WHERE abs(held.mean - u.seats_in_use_mean) > 0.001 OR held.acquires <> u.acquires OR held.users <> u.unique_users
        OR u.seats_in_use_peak > l.seats_total OR u.seats_in_use_peak < u.seats_in_use_mean - 0.001`;

    expect(await number(wrong)).toBe(0);
    expect(await number('SELECT count(*) FROM usage_samples')).toBeGreaterThan(2 * 31 * 288);
  });

  it('has hours and days that match its samples', async () => {
    const wrong = `SELECT count(*) FROM usage_days d JOIN (
        SELECT license_id, date_trunc('day', sampled_at, 'UTC') AS starts_at, max(seats_in_use_peak) AS peak,
          avg(seats_in_use_mean) AS mean, sum(acquires) AS acquires, sum(denials) AS denials, count(*) AS samples
        FROM usage_samples GROUP BY 1, 2
      ) AS s USING (license_id, starts_at)
      WHERE s.peak <> d.seats_in_use_peak OR abs(s.mean - d.seats_in_use_mean) > 0.001 OR s.acquires <> d.acquires
        OR s.denials <> d.denials OR s.samples <> d.samples`;

    expect(await number(wrong)).toBe(0);
    expect(await number('SELECT sum(denials) FROM usage_days')).toBe(
      await number('SELECT sum(denials) FROM usage_hours'),
    );
    expect(await number(`SELECT sum(denials) FROM usage_days`)).toBeGreaterThan(5);
  });
});
