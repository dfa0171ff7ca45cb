import { randomUUID } from 'node:crypto';
import { withClient } from '@coditect/local-stack/database';
import { type TestDatabase, createTestDatabase } from '@coditect/local-stack/test-database';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RowWatch, SeatHistory, overIssuedIntervals, overIssuedRows } from './seat-watch.js';

describe('the history of responses', () => {
  const licenseId = randomUUID();
  const seat = (seatNo: number) => ({ licenseId, seatNo });
  const historyOfTwoSeats = () => new SeatHistory(new Map([[licenseId, 2]]));

  it('reports nothing as long as no more seats are held than exist', () => {
    const history = historyOfTwoSeats();
    history.granted(seat(1));
    history.granted(seat(2));
    history.releasing(seat(1));
    history.granted(seat(1));
    expect(history.overIssues).toEqual([]);
  });

  it('reports a grant beyond the last seat', () => {
    const history = historyOfTwoSeats();
    for (const seatNo of [1, 2, 3]) history.granted(seat(seatNo));
    expect(history.overIssues).toEqual([
      { shown_by: 'history', license_id: licenseId, seats_total: 2, seats_in_use: 3 },
    ]);
  });

  it('reports a seat that is granted to two holders at once', () => {
    const history = historyOfTwoSeats();
    history.granted(seat(1));
    history.granted(seat(1));
    expect(history.overIssues).toEqual([
      { shown_by: 'history', license_id: licenseId, seats_total: 2, seats_in_use: 2, seat_no: 1 },
    ]);
  });
});

describe('the rows of the database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(inject('superuserUrl'));
  });
  afterAll(() => database.drop());

  /** Inserts a license with two seats, and a session for each pair of start and end in seconds. Without an end it is
   *  active. */
  async function licenseWith(sessions: [startedAt: number, endedAt?: number][]) {
    const tenantId = randomUUID();
    const licenseId = randomUUID();
    await withClient(database.urls.system, async (client) => {
      await client.query(`INSERT INTO tenants (id, slug, name) VALUES ($1, $2, 'A tenant')`, [tenantId, tenantId]);
      await client.query(`INSERT INTO users (tenant_id, id, email, name) VALUES ($1, $1, 'a@b.test', 'A user')`, [
        tenantId,
      ]);
      await client.query(
        `INSERT INTO licenses (tenant_id, id, key, product, plan_tier, seats_total) VALUES ($1, $2, 'K', 'p', 'pro', 2)`,
        [tenantId, licenseId],
      );
      for (const [i, [startedAt, endedAt]] of sessions.entries()) {
        const machineId = randomUUID();
        await client.query(`INSERT INTO machines (tenant_id, id, machine_id) VALUES ($1, $2, $3)`, [
          tenantId,
          machineId,
          machineId,
        ]);
        await client.query(
          `INSERT INTO license_sessions (tenant_id, id, license_id, user_id, machine_id, seat_no, status, started_at,
             ended_at, end_reason, last_heartbeat_at, lease_expires_at, expires_at, token_salt, token_hash)
           SELECT $1, $2::uuid, $3, $1, $2::uuid::text, $4, (CASE WHEN $6::float8 IS NULL THEN 'active' ELSE 'released' END)::license_session_status,
             to_timestamp($5), to_timestamp($6), CASE WHEN $6::float8 IS NULL THEN NULL ELSE 'released' END,
             to_timestamp($5), to_timestamp($5), to_timestamp($5), decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex')`,
          [tenantId, machineId, licenseId, i + 1, startedAt, endedAt ?? null],
        );
      }
    });
    return { tenantId, licenseId };
  }

  it('show nothing when seats are used one after the other', async () => {
    const { tenantId } = await licenseWith([[0, 10], [0, 20], [10], [20]]);
    expect(await overIssuedRows(database.urls.system, [tenantId])).toEqual([]);
    expect(await overIssuedIntervals(database.urls.system, [tenantId], 1)).toEqual([]);
  });

  it('show more active sessions than seats', async () => {
    const { tenantId, licenseId } = await licenseWith([[0], [1], [2]]);
    expect(await overIssuedRows(database.urls.system, [tenantId])).toEqual([
      { shown_by: 'active_rows', license_id: licenseId, seats_total: 2, seats_in_use: 3 },
    ]);
  });

  it('show sessions that overlapped in the past, even if none is active now', async () => {
    const { tenantId, licenseId } = await licenseWith([
      [0, 10],
      [0, 10],
      [9.9, 20],
    ]);
    expect(await overIssuedRows(database.urls.system, [tenantId])).toEqual([]);
    expect(await overIssuedIntervals(database.urls.system, [tenantId], 1)).toEqual([
      { shown_by: 'intervals', license_id: licenseId, seats_total: 2, seats_in_use: 3 },
    ]);
  });

  it('allow an overlap as long as the clocks may differ', async () => {
    const { tenantId } = await licenseWith([
      [0, 10],
      [0, 10],
      [9.999, 20],
    ]);
    expect(await overIssuedIntervals(database.urls.system, [tenantId], 0)).toHaveLength(1);
    expect(await overIssuedIntervals(database.urls.system, [tenantId], 1)).toEqual([]);
  });

  it('are checked until the watch is stopped, which then returns what it found', async () => {
    const { tenantId, licenseId } = await licenseWith([[0], [1], [2]]);
    const watch = new RowWatch(database.urls.system, [tenantId]);
    expect(await watch.stop()).toMatchObject([{ license_id: licenseId, seats_in_use: 3 }]);
    expect(watch.looks).toBeGreaterThan(0);
  });
});
