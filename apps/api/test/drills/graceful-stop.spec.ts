import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiProcess } from '../api-process.js';
import { WatchedStream } from '../watched-stream.js';
import { Cluster } from './cluster.js';
import { machines, Machine } from './machine.js';
import { withLockedRow } from './postgres-locks.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(2);
});
afterAll(() => cluster.stop());

it('a process asked to stop finishes its requests, writes its heartbeats, leaves a correct ledger, and exits with 0', async () => {
  const [leaving, staying] = [cluster.at(0), cluster.at(1)];
  const { stack, factory } = cluster.app;
  const tenant = await factory.tenant({ seatsTotal: 3 });
  const [beats, gives, comes] = machines(3, tenant.member);
  for (const machine of [beats!, gives!]) expect((await machine.acquire(leaving)).status).toBe(201);
  const seat = { tenantId: tenant.id, id: gives!.seat!.session_id };

  let inFlight: Promise<number[]> = Promise.resolve([]);
  let stopped: Promise<number | null> = Promise.resolve(null);
  const beatAt = Date.now();
  await withLockedRow(stack, 'licenses', tenant.license, (lock) =>
    withLockedRow(stack, 'license_sessions', seat, async () => {
      const requests = [comes!.acquire(leaving), gives!.release(leaving)];
      inFlight = Promise.all(requests.map(async (request) => (await request).status));
      await lock.waiters(2);
      expect((await beats!.heartbeat(leaving)).status).toBe(200);
      stopped = leaving.stop();
      // New requests are refused, or told that the process is closing.
      await expect
        .poll(() =>
          beats!.heartbeat(leaving).then(
            (answer) => answer.status,
            () => 'refused',
          ),
        )
        .not.toBe(200);
    }),
  );

  expect(await inFlight).toEqual([201, 200]);
  expect(await stopped).toBe(0);
  const [row] = (await cluster.active(tenant.license)).filter((active) => active.id === beats!.seat!.session_id);
  expect(row!.lastHeartbeatAt.getTime()).toBeGreaterThanOrEqual(beatAt);
  expect(await cluster.app.seatsHeld(tenant.license)).toEqual({ postgres: 2, ledger: 2 });
  expect((await comes!.heartbeat(staying)).status).toBe(200);
  expect((await new Machine(tenant.admin).acquire(staying)).status).toBe(201);
  expect((await new Machine(tenant.admin).acquire(staying)).code).toBe('no_seats_available');
});

it('a process asked to stop ends the streams of live events, and exits with 0', async () => {
  const leaving = await ApiProcess.start(cluster.app.stack);
  const tenant = await cluster.app.factory.tenant();
  const stream = await WatchedStream.open(leaving.baseUrl, tenant.admin.accessToken);
  await stream.expect('reset');
  const before = performance.now();
  expect(await leaving.stop()).toBe(0);
  expect(performance.now() - before).toBeLessThan(5_000);
  await expect.poll(() => stream.ended).toBe(true);
  expect(stream.of('end')).toEqual([{ reason: 'server_stopping' }]);
  const staying = await WatchedStream.open(cluster.at(1).baseUrl, tenant.admin.accessToken, stream.lastId);
  await new Machine(tenant.member).acquire(cluster.at(1));
  await staying.expect('seat.acquired');
  expect(staying.types()).toEqual(['seat.acquired']);
  staying.close();
});
