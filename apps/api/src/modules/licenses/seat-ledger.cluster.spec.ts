import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { freePort } from '@coditect/local-stack/ports';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp } from '../../../test/app.js';
import { newMachine } from '../../../test/factory.js';
import { LEASE_MS, newClaim, TestLedger } from '../../../test/ledger.js';
import { ledgerKeys } from './seat-ledger.scripts.js';

// One node that owns all slots refuses what a cluster of many would refuse: a script over several slots (CROSSSLOT).
let dir: string;
let server: ChildProcess;
let url: string;
let redis: Redis;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'redis-cluster-'));
  const [port, busPort] = [await freePort(), await freePort()];
  url = `redis://127.0.0.1:${port}`;
  const options = ['--port', port, '--cluster-port', busPort, '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  server = spawn('redis-server', [...options.map(String), '--cluster-enabled', 'yes'], { stdio: 'ignore' });
  redis = new Redis(url, { retryStrategy: () => 20 });
  redis.on('error', () => {}); // until it listens
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  await vi.waitFor(async () => {
    if (!(await redis.cluster('INFO')).includes('cluster_state:ok')) throw new Error('the cluster is not ready');
  }, 10_000);
});
afterAll(async () => {
  redis.disconnect();
  server.kill();
  await once(server, 'exit');
  await rm(dir, { recursive: true });
});

describe('on a node of a Redis Cluster', () => {
  it('all keys of one license are in one slot, and licenses are spread over many', async () => {
    const slotsOf = (keys: string[]) => Promise.all(keys.map((key) => redis.cluster('KEYSLOT', key)));
    const tenantId = randomUUID();
    const used = new Set<number>();
    for (let i = 0; i < 20; i += 1) {
      const slots = new Set(await slotsOf(ledgerKeys(tenantId, randomUUID())));
      expect(slots.size).toBe(1);
      for (const slot of slots) used.add(slot);
    }
    expect(used.size).toBeGreaterThan(10);
  });

  it('would notice a script over several slots', async () => {
    await expect(redis.eval('return 1', 2, 'one', 'other')).rejects.toThrow(/CROSSSLOT/);
  });

  it('every verb of the ledger works', async () => {
    const on = await TestLedger.open(url);
    const { ledger } = on;
    const license = await on.newLicense();
    const claim = newClaim();
    const held = await on.hold(license, claim);
    expect(await ledger.heartbeat(license, held.sessionId, held.tokenHash)).toMatchObject({ verdict: 'alive' });
    expect(await ledger.leaseEnds(license, [held.sessionId])).not.toBe('cold');
    const row = { ...claim, seatNo: 1, endsAt: held.endsAt };
    expect(await ledger.adopt(license, row, held.leaseEnd)).toBe('adopted');
    await ledger.rebuild(license, 'force', [{ ...row, recordedLeaseEnd: held.leaseEnd }]);
    on.advance(LEASE_MS + 1);
    expect(await ledger.acquire(license, newClaim({ seatsTotal: 1 }))).toMatchObject({ verdict: 'granted', seatNo: 1 });
    await ledger.forget(license, [held.sessionId]);
    await on.close();
  });

  it('the whole API grants, keeps and frees seats through the ledger there', async () => {
    const api = await TestApp.start(undefined, { REDIS_URL: url });
    const tenant = await api.factory.tenant({ seatsTotal: 1 });
    const seat = await api.takeSeat(tenant.member);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
    const other = { machine_id: newMachine() };
    await api.post('licenses/acquire', other, tenant.admin.accessToken).expect(403);
    await api.redis.flushall(); // the ledger is rebuilt there, too
    await api.heartbeat(seat.session_token).expect(200);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
    await api.release(seat.session_token).expect(200);
    await api.post('licenses/acquire', other, tenant.admin.accessToken).expect(201);
    expect(await api.seatsHeld(tenant.license)).toEqual({ postgres: 1, ledger: 1 });
    await api.stop();
  });
});
