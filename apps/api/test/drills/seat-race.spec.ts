import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestTenant } from '../factory.js';
import { Cluster } from './cluster.js';
import { machines, Machine, tally } from './machine.js';
import { SeatHistory } from './seat-history.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(3);
});
afterAll(() => cluster.stop());

describe('a tenant never gets more seats than it bought: 200 machines ask 3 processes for 3 seats at once', () => {
  /** @param calm ends the disturbance of the race. Afterwards the machines that were told to try again do so */
  async function race(tenant: TestTenant, calm?: () => Promise<unknown>): Promise<void> {
    const racers = machines(200, tenant.member);
    const answers = await Promise.all(racers.map((machine, i) => machine.acquire(cluster.at(i))));
    await calm?.();
    for (const [i, { code }] of answers.entries())
      if (calm && code === 'temporarily_unavailable') answers[i] = await racers[i]!.acquire(cluster.at(i));

    expect(tally(answers)).toEqual({ 201: 3, no_seats_available: 197 });
    const winners = racers.flatMap(({ id, seat }) => (seat ? [{ id, seatNo: seat.seat_no }] : []));
    winners.sort((one, other) => one.seatNo - other.seatNo);
    expect(winners.map(({ seatNo }) => seatNo)).toEqual([1, 2, 3]);
    const active = await cluster.active(tenant.license);
    expect(active.map((row) => ({ id: row.machineId, seatNo: row.seatNo }))).toEqual(winners);
  }

  it('when the ledger is cold, then exactly 3 get one, each its own, and Postgres has exactly 3 rows', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    await race(tenant);
    expect(await cluster.sessions(tenant.license)).toHaveLength(3);
    expect(await cluster.app.seatsHeld(tenant.license)).toEqual({ postgres: 3, ledger: 3 });
  });

  it('when the ledger is warm, then the same', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    const first = new Machine(tenant.owner);
    await first.acquire(cluster.at(0));
    await first.release(cluster.at(1));
    await race(tenant);
    expect(await cluster.sessions(tenant.license)).toHaveLength(4);
  });

  it('when the ledger is lost repeatedly meanwhile, then the same', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    const over = new AbortController();
    const losses = (async () => {
      for (; !over.signal.aborted; await sleep(20)) await cluster.app.redis.flushall();
    })();
    await race(tenant, () => {
      over.abort();
      return losses;
    });
    expect(await cluster.sessions(tenant.license)).toHaveLength(3);
  });
});

describe('given 60 machines that acquire, keep and release 3 seats over 3 processes for seconds', () => {
  it('then no more than 3 clients hold a seat at any instant, none is lost, and all seats are used', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    const history = new SeatHistory();
    const surprises: unknown[] = [];
    const end = performance.now() + 4_000;
    const live = async (machine: Machine, i: number) => {
      for (let turn = i; performance.now() < end; turn += 1) {
        const answer = await machine.acquire(cluster.at(turn));
        if (answer.status !== 201) {
          if (answer.code !== 'no_seats_available') surprises.push(answer.body);
          await sleep(150 + Math.random() * 150);
          continue;
        }
        const letGo = history.hold();
        for (let beat = 0; beat < 3; beat += 1) {
          await sleep(Math.random() * 10);
          const beaten = await machine.heartbeat(cluster.at(turn + beat));
          if (beaten.status !== 200) surprises.push(beaten.body);
        }
        letGo();
        const released = await machine.release(cluster.at(turn + 1));
        if (released.status !== 200) surprises.push(released.body);
      }
    };
    await Promise.all(machines(60, tenant.member).map(live));

    expect(surprises).toEqual([]);
    expect(history.peak).toBe(3);
    expect(history.grants).toBeGreaterThan(9);
    expect(await cluster.active(tenant.license)).toEqual([]);
  });
});

describe('given one machine that asks 3 processes 20 times at once', () => {
  it.each(['cold', 'warm'])(
    'when the ledger is %s, then there is one session, one token and one 201',
    async (ledger) => {
      const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
      if (ledger === 'warm') await new Machine(tenant.owner).acquire(cluster.at(0));
      const before = (await cluster.sessions(tenant.license)).length;

      const machine = new Machine(tenant.member);
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => machine.acquire(cluster.at(i))));

      expect(tally(answers)).toEqual({ 200: 19, 201: 1 });
      for (const field of ['session_id', 'session_token', 'seat_no'])
        expect(new Set(answers.map((answer) => answer.body[field])).size).toBe(1);
      expect(await cluster.sessions(tenant.license)).toHaveLength(before + 1);
      const acquired = await cluster.app.auditOf(machine.seat!.session_id, 'license_session.acquired');
      expect(acquired).toHaveLength(1);
    },
  );
});

describe('given a full license, when a holder releases its seat 20 times at once over 3 processes', () => {
  it('then every response is the same, and exactly one of two waiting machines gets the seat', async () => {
    const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
    const holders = machines(3, tenant.member);
    for (const [i, holder] of holders.entries()) await holder.acquire(cluster.at(i));
    const waiting = machines(2, tenant.admin);
    const ask = () => Promise.all(waiting.map((machine, i) => machine.acquire(cluster.at(i))));
    expect(tally(await ask())).toEqual({ no_seats_available: 2 });

    const released = await Promise.all(Array.from({ length: 20 }, (_, i) => holders[1]!.release(cluster.at(i))));

    expect(tally(released)).toEqual({ 200: 20 });
    expect(new Set(released.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(tally(await ask())).toEqual({ 201: 1, no_seats_available: 1 });
    expect(await cluster.app.auditOf(holders[1]!.seat!.session_id, 'license_session.released')).toHaveLength(1);
  });
});
