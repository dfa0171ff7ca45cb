import { execFileSync } from 'node:child_process';
import { Database } from '@coditect/db/database';
import { systemBinary } from '@coditect/local-stack/system-binary';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRODUCTION, startStack, TestApp, type TestStack } from '#test/app';
import { newMachine } from '#test/factory';
import { loadConfig } from '#config/config';
import { registry, setLedgerDrift } from '#platform/observability/metrics';
import { MetricsService } from './metrics.service.js';

const TOKEN = 'a-token-of-the-metrics';

let stack: TestStack;
let api: TestApp;
beforeAll(async () => {
  registry.resetMetrics(); // this process may have run other applications
  stack = await startStack();
  api = await TestApp.start(stack, { METRICS_MAX_TENANTS: '2' });
});
afterAll(async () => {
  await api.stop();
  await stack.stop();
});

const scrape = async () => (await api.http().get('/metrics').expect(200)).text;

/** The values of a metric by its labels in text form; '' for no labels. */
async function values(name: string): Promise<Record<string, number>> {
  const lines = (await scrape()).split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const [, labels = '', value] = /^\w+(?:\{(.*)\})? (.*)$/.exec(line)!;
      return [labels, Number(value)];
    }),
  );
}
const value = async (name: string, labels = '') => (await values(name))[labels] ?? 0;

describe('the metrics', () => {
  it('are in the text format of Prometheus, and pass its check with one known exception', async () => {
    const { owner } = await api.factory.tenant();
    await api.takeSeat(owner);
    const promtool = await systemBinary('promtool', { package: 'prometheus' });
    const { text, headers } = await api.http().get('/metrics').expect(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    let complaints = '';
    try {
      complaints = execFileSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      complaints = (error as { stderr: string }).stderr;
    }
    expect(complaints.trim().split('\n')).toEqual([
      'tenant_request_duration_milliseconds use base unit "seconds" instead of "milliseconds"',
    ]);
  });

  it('count each request by method, route pattern and class of its status', async () => {
    const { owner, license } = await api.factory.tenant();
    const labels = 'method="GET",route="/api/v1/licenses/:id",status="2xx"';
    const before = await value('http_requests_total', labels);
    await api.get(`licenses/${license.id}`, owner.accessToken).expect(200);
    await expect.poll(() => value('http_requests_total', labels)).toBe(before + 1);
    expect(await value('http_request_duration_seconds_count', labels)).toBe(before + 1);
    expect(await scrape()).not.toContain(license.id);
  });

  it('count unknown paths as one route', async () => {
    await api.http().get('/no/such/path').expect(404);
    await expect.poll(() => value('http_requests_total', 'method="GET",route="unmatched",status="4xx"')).toBe(1);
  });

  it('count acquires, heartbeats and signatures by result', async () => {
    const { member } = await api.factory.tenant({ seatsTotal: 1 });
    const counts = async () => ({
      denied: await value('license_denials_total', 'reason="no_seats_available"'),
      alive: await value('license_heartbeats_total', 'result="alive"'),
      unknown: await value('license_heartbeats_total', 'result="session_not_found"'),
      signed: await value('license_signing_duration_seconds_count', 'result="signed"'),
      rebuilt: await value('license_ledger_rebuilds_total', 'mode="cold"'),
    });
    const before = await counts();
    const { session_token } = await api.takeSeat(member);
    await api.post('licenses/acquire', { machine_id: newMachine() }, member.accessToken).expect(403);
    await api.heartbeat(session_token).expect(200);
    await api.heartbeat(`${session_token.slice(0, -4)}AAAA`).expect(404);
    expect(await counts()).toEqual({
      denied: before.denied + 1,
      alive: before.alive + 1,
      unknown: before.unknown + 1,
      signed: before.signed + 1,
      rebuilt: before.rebuilt + 1,
    });
  });

  it('show seats, and the drift of the ledgers', async () => {
    api.advance(11);
    const before = { seats: await value('license_seats'), inUse: await value('license_seats_in_use') };
    const { member } = await api.factory.tenant({ seatsTotal: 5 });
    await api.takeSeat(member);
    setLedgerDrift(3);
    expect(await value('license_seats_in_use')).toBe(before.inUse); // from the same query of the database
    api.advance(11);
    expect(await value('license_seats_in_use')).toBe(before.inUse + 1);
    expect(await value('license_seats')).toBe(before.seats + 5);
    expect(await value('license_ledger_drift')).toBe(3);
    setLedgerDrift(0);
  });

  it('show whether Postgres and Redis are up, and how connections to Postgres are used', async () => {
    expect([await value('postgres_up'), await value('redis_up')]).toEqual([1, 1]);
    const pools = Object.keys(await values('postgres_pool_connections'));
    expect(pools.toSorted()).toEqual([
      'role="app",state="idle"',
      'role="app",state="in_use"',
      'role="system",state="idle"',
      'role="system",state="in_use"',
    ]);
    expect(await value('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(await values('outbox_messages')).toMatchObject({ 'state="due"': 0, 'state="dead"': 0 });
  });
});

describe('the metrics of tenants', () => {
  it('have labels for the configured number of tenants; the others count together', async () => {
    const tenants = [await api.factory.tenant(), await api.factory.tenant(), await api.factory.tenant()];
    for (const { owner } of tenants) await api.takeSeat(owner);
    api.advance(11);
    for (const name of ['tenant_requests_total', 'tenant_active_users', 'tenant_license_sessions']) {
      const ids = new Set(Object.keys(await values(name)).map((labels) => /tenant_id="([^"]*)"/.exec(labels)![1]));
      expect([name, ids.size, ids.has('other')]).toEqual([name, 3, true]);
    }
    const counted = Object.values(await values('tenant_license_sessions'));
    const active = await api.db.system.licenseSession.count({ where: { status: 'active' } });
    expect(counted.reduce((sum, n) => sum + n, 0)).toBe(active);
    expect(Object.values(await values('tenant_request_duration_milliseconds_count'))).toHaveLength(3);
  });
});

describe('reading the metrics', () => {
  const env = { ...PRODUCTION, SMTP_URL: 'smtp://localhost:25', LOG_LEVEL: 'silent' };

  it.each([
    ['with the configured token', `Bearer ${TOKEN}`, 200],
    ['with another token', `Bearer ${TOKEN}x`, 401],
    ['without a token', undefined, 401],
  ])('%s (%s) gets %i', async (_who, authorization, status) => {
    const guarded = await TestApp.start(stack, { METRICS_TOKEN: TOKEN });
    const call = guarded.http().get('/metrics');
    await (authorization ? call.set('authorization', authorization) : call).expect(status);
    await guarded.stop();
  });

  it('is refused to all in production if no token is configured', async () => {
    const service = (extra: NodeJS.ProcessEnv) =>
      Reflect.construct(MetricsService, [0, 0, 0, 0, loadConfig({ ...stack.env, ...env, ...extra })]) as {
        mayRead(authorization: string | undefined): boolean;
      };
    expect(service({}).mayRead(undefined)).toBe(false);
    expect(service({}).mayRead('Bearer undefined')).toBe(false);
    expect(service({ METRICS_TOKEN: TOKEN }).mayRead(`Bearer ${TOKEN}`)).toBe(true);
  });
});

describe('without Redis and Postgres', () => {
  it('the metrics can still be read, and show it', async () => {
    await stack.redis.stop();
    api.advance(11);
    expect([await value('redis_up'), await value('postgres_up')]).toEqual([0, 1]);
    await api.app.get(Database).close();
    api.advance(11);
    expect(await value('postgres_up')).toBe(0);
    expect(await values('tenant_license_sessions')).toEqual({});
    expect(await values('license_seats')).toEqual({});
  });
});
