import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../../../test/app.js';
import { newMachine } from '../../../test/factory.js';
import { LEASE_MS, newClaim, TestLedger } from '../../../test/ledger.js';
import { type ClusterNode, startClusterNode } from '../../../test/redis-cluster-node.js';
import { ledgerKeys } from './seat-ledger.scripts.js';

let node: ClusterNode;
let url: string;
let redis: Redis;
beforeAll(async () => {
  node = await startClusterNode();
  ({ url, redis } = node);
});
afterAll(() => node.stop());

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
