import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { newMachine, type TestTenant } from '#test/factory';
import { newClaim } from '#test/ledger';
import { registry } from '#platform/observability/metrics';
import { LedgerReconciliation } from './ledger-reconciliation.js';
import { postgresNow } from './postgres-now.js';
import { SeatLedger } from './seat-ledger.js';
import { SessionSweeper } from '../session-ends/session-sweeper.js';

let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  api = await TestApp.start();
});
beforeEach(async () => {
  api.advance(9 * 3600);
  await api.asSystem(() => api.app.get(SessionSweeper).sweep()); // sessions left over from other tests
  await api.redis.flushall();
  tenant = await api.factory.tenant({ seatsTotal: 3, leaseSeconds: 300 });
});
afterAll(() => api.stop());

const reconcile = () => api.asSystem(() => api.app.get(LedgerReconciliation).run());
const ledger = () => api.app.get(SeatLedger);
const license = () => ({ tenantId: tenant.id, licenseId: tenant.license.id });
const endInPostgresOnly = ({ session_id }: { session_id: string }) =>
  api.db.system.$executeRaw`UPDATE license_sessions SET status = 'revoked', end_reason = 'revoked',
    ended_at = greatest(started_at, ${postgresNow(api.clock)}) WHERE id = ${session_id}::uuid`;
const acquire = () => api.post('licenses/acquire', { machine_id: newMachine() }, tenant.admin.accessToken);

/** The drift in the metrics of this process. */
const drift = async () => (await registry.getSingleMetric('license_ledger_drift')!.get()).values[0]?.value;

describe('given a ledger and Postgres that agree, when they are compared', () => {
  it('then there is no drift', async () => {
    for (let i = 0; i < 3; i += 1) await api.takeSeat(tenant.member);
    api.advance(60);
    expect(await reconcile()).toMatchObject({ sessions: 3, missing: 0, ghosts: 0, healed: 0 });
    expect(await drift()).toBe(0);
  });

  it('then a lost ledger is no drift: the next call that needs it rebuilds it', async () => {
    await api.takeSeat(tenant.member);
    api.advance(60);
    await api.redis.flushall();
    expect(await reconcile()).toMatchObject({ sessions: 1, missing: 0, ghosts: 0 });
  });

  it('then lapsed sessions are left to the sweeper', async () => {
    await api.takeSeat(tenant.member);
    api.advance(400);
    expect(await reconcile()).toMatchObject({ missing: 0, ghosts: 0 });
  });
});

describe('given a session that only Postgres knows', () => {
  it('then it is counted, and the ledger holds its seat again', async () => {
    const [lost] = [await api.takeSeat(tenant.member), await api.takeSeat(tenant.member)];
    api.advance(60);
    await ledger().forget(license(), [lost.session_id]);
    expect(await reconcile()).toMatchObject({ missing: 1, ghosts: 0, healed: 1 });
    expect(await drift()).toBe(1);
    expect((await live()).get(lost.session_id)).toBe(true);
    expect((await acquire().expect(201)).body).toMatchObject({ seat_no: 3 });
    expect(await reconcile()).toMatchObject({ missing: 0, ghosts: 0 });
    expect(await drift()).toBe(0);
  });

  it('then its lease is the one recorded in Postgres: a comparison prolongs no lease', async () => {
    const lost = await api.takeSeat(tenant.member);
    api.advance(60);
    await ledger().forget(license(), [lost.session_id]);
    await reconcile();
    api.advance(250);
    expect((await live()).size).toBe(0);
  });

  it('then it is left alone for some seconds: its grant may not have reached the ledger yet', async () => {
    const fresh = await api.takeSeat(tenant.member);
    await ledger().forget(license(), [fresh.session_id]);
    expect(await reconcile()).toMatchObject({ missing: 0 });
    api.advance(6);
    expect(await reconcile()).toMatchObject({ missing: 1, healed: 1 });
  });

  it('then a grant in flight on its seat is left alone: the seat is repaired once the grant is decided', async () => {
    const lost = await api.takeSeat(tenant.member);
    api.advance(60);
    await ledger().forget(license(), [lost.session_id]);
    const inFlight = await ledger().acquire(license(), newClaim());
    expect(inFlight).toMatchObject({ verdict: 'granted', seatNo: 1 });
    expect(await reconcile()).toMatchObject({ missing: 1, healed: 0 });
    expect([...(await live()).values()]).toEqual([false]);
    api.advance(16); // the grant never reached Postgres
    expect(
      await acquire()
        .expect(201)
        .then(({ body }) => body as object),
    ).toMatchObject({ seat_no: 2 });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 2, ledger: 2 });
    expect((await live()).has(lost.session_id)).toBe(true);
  });
});

describe('given a session that only the ledger knows', () => {
  it('then it is counted, and its seat is free again', async () => {
    const seats = [];
    for (let i = 0; i < 3; i += 1) seats.push(await api.takeSeat(tenant.member));
    await endInPostgresOnly(seats[1]!);
    api.advance(6);
    expect(await reconcile()).toMatchObject({ missing: 0, ghosts: 1, healed: 1 });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 2, ledger: 2 });
    expect((await acquire().expect(201)).body).toMatchObject({ seat_no: 2 });
    await api.heartbeat(seats[1]!.session_token).expect(410);
  });

  it('then it is left alone for some seconds: its end may not have reached the ledger yet', async () => {
    const seat = await api.takeSeat(tenant.member);
    await endInPostgresOnly(seat);
    expect(await reconcile()).toMatchObject({ ghosts: 0 });
    api.advance(6);
    expect(await reconcile()).toMatchObject({ ghosts: 1, healed: 1 });
  });

  it('then a grant that waits for its row is not one of them', async () => {
    await api.takeSeat(tenant.member);
    api.advance(6);
    await ledger().acquire(license(), newClaim());
    expect(await reconcile()).toMatchObject({ ghosts: 0, missing: 0 });
    expect((await live()).size).toBe(2);
  });
});

describe('given a ledger restored to an older state', () => {
  it('then one comparison repairs every license, also while a second one runs', async () => {
    const other = await api.factory.tenant({ seatsTotal: 2, leaseSeconds: 300 });
    const old = [await api.takeSeat(tenant.member), await api.takeSeat(other.member)];
    const dumps = await dumpAll();
    for (const seat of old) await api.release(seat.session_token).expect(200);
    const now = [await api.takeSeat(tenant.admin), await api.takeSeat(tenant.admin), await api.takeSeat(other.admin)];
    await restoreAll(dumps);
    api.advance(10);
    const totals = await Promise.all([reconcile(), reconcile()]);
    for (const { missing, ghosts } of totals) expect(missing + ghosts).toBeLessThanOrEqual(5);
    expect(totals[0].missing + totals[0].ghosts + totals[1].missing + totals[1].ghosts).toBeGreaterThanOrEqual(5);
    expect(await reconcile()).toMatchObject({ missing: 0, ghosts: 0 });
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 2, ledger: 2 });
    expect(await api.seatsHeld(other.license)).toEqual({ postgres: 1, ledger: 1 });
    for (const seat of now) await api.heartbeat(seat.session_token).expect(200);
  });
});

describe('given seats that are taken, kept and given back all the time', () => {
  it('then a comparison finds nothing to repair, and breaks nothing', async () => {
    const busy = await api.factory.tenant({ seatsTotal: 5, leaseSeconds: 300 });
    const work = { done: false };
    const workers = Array.from({ length: 5 }, async () => {
      for (let i = 0; i < 10; i += 1) {
        const seat = await api.takeSeat(busy.member);
        await api.heartbeat(seat.session_token).expect(200);
        await api.release(seat.session_token).expect(200);
      }
    });
    const done = Promise.all(workers).finally(() => (work.done = true));
    while (!work.done) expect(await reconcile()).toMatchObject({ missing: 0, ghosts: 0 });
    await done;
    expect(await api.seatsHeld(busy.license)).toEqual({ postgres: 0, ledger: 0 });
  });
});

async function live(): Promise<Map<string, boolean>> {
  const known = await ledger().live(license());
  if (known === 'cold') throw new Error('the ledger is cold');
  return known;
}

async function dumpAll(): Promise<[string, Buffer][]> {
  const keys = await api.redis.keys('seats:*');
  return Promise.all(keys.map(async (key) => [key, await api.redis.dumpBuffer(key)] as [string, Buffer]));
}

async function restoreAll(dumps: [string, Buffer][]): Promise<void> {
  await api.redis.flushall();
  for (const [key, dump] of dumps) await api.redis.restore(key, 0, dump);
}
