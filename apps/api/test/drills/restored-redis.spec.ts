import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type LocalRedis, startRedis } from '@coditect/local-stack/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestTenant } from '../factory.js';
import { eventually } from './eventually.js';
import { FaultProxy } from './fault-proxy.js';
import { Cluster } from './cluster.js';
import { call, machines, type Machine, tally } from './machine.js';

let cluster: Cluster;
let proxy: FaultProxy;
let redis: LocalRedis;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'redis-drill-'));
  redis = await startRedis({ dir: path.join(dir, 'live') });
  proxy = await FaultProxy.before(redis.url);
  cluster = await Cluster.start(2, { REDIS_URL: proxy.through(redis.url) });
});
afterAll(async () => {
  await cluster.stop();
  await proxy.stop();
  await redis.stop();
  await rm(dir, { recursive: true });
});

/** Kills Redis without a save, and starts one on another folder. Returns when every process has reconnected. */
async function crashInto(folder: string): Promise<void> {
  redis.kill();
  await redis.ended;
  redis = await startRedis({ dir: path.join(dir, folder) });
  proxy.retarget(redis.url);
  await Promise.all(
    cluster.processes.map((api) =>
      eventually(async () =>
        expect(await (await fetch(`${api.baseUrl}/readyz`)).json()).toMatchObject({ redis: 'ok' }),
      ),
    ),
  );
}

async function taken(tenant: TestTenant, count: number): Promise<Machine[]> {
  const holders = machines(count, tenant.member);
  for (const [i, holder] of holders.entries()) expect((await holder.acquire(cluster.at(i))).status).toBe(201);
  return holders;
}

it('given held seats, when Redis crashes and comes back empty, then every holder continues and no other machine gets a seat', async () => {
  const tenant = await cluster.app.factory.tenant({ seatsTotal: 3 });
  const holders = await taken(tenant, 3);
  await crashInto('empty');
  const [beats, others] = await Promise.all([
    Promise.all(holders.map((holder, i) => holder.heartbeat(cluster.at(i)))),
    Promise.all(machines(10, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i)))),
  ]);
  expect(tally(beats)).toEqual({ 200: 3 });
  expect(tally(others)).toEqual({ no_seats_available: 10 });
});

it('given a Redis restored to an old copy, then no seat is held twice, every holder continues, and former holders are told that they lost their seats', async () => {
  const tenant = await cluster.app.factory.tenant({ seatsTotal: 4 });
  const [stays, leaves, revoked, alsoLeaves] = await taken(tenant, 4);
  await cp(path.join(dir, 'empty'), path.join(dir, 'old'), { recursive: true });

  // Missing in the copy: three seats ended, and others acquired them.
  const { accessToken } = tenant.owner;
  await call(cluster.at(0), 'POST', `license-sessions/${revoked!.seat!.session_id}/release`, { accessToken });
  for (const machine of [leaves!, alsoLeaves!]) await machine.release(cluster.at(0));
  const [late, later, last] = await taken(tenant, 3);
  const holders = [stays!, late!, later!, last!];
  await crashInto('old');

  // A holder that lost its token too first gets its own seat.
  expect((await last!.acquire(cluster.at(1))).status).toBe(200);
  const others = await Promise.all(machines(10, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i))));
  expect(tally(others)).toEqual({ no_seats_available: 10 });
  expect(tally(await Promise.all(holders.map((holder, i) => holder.heartbeat(cluster.at(i)))))).toEqual({ 200: 4 });
  expect((await cluster.active(tenant.license)).map((row) => row.id).toSorted()).toEqual(
    holders.map((holder) => holder.seat!.session_id).toSorted(),
  );
  for (const ended of [leaves!, revoked!, alsoLeaves!])
    await eventually(async () => expect((await ended.heartbeat(cluster.at(0))).code).toBe('lease_lost'));

  await stays!.release(cluster.at(0));
  const next = await Promise.all(machines(10, tenant.admin).map((machine, i) => machine.acquire(cluster.at(i))));
  expect(tally(next)).toEqual({ 201: 1, no_seats_available: 9 });
});
