import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './cluster.js';
import { idsIn } from './foreign-ids.js';
import { call, Machine } from './machine.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(1, { DATABASE_POOL_SIZE: '2' });
});
afterAll(() => cluster.stop());

describe('given 20 tenants whose requests share two database connections of one process', () => {
  it('when 1,000 are interleaved, some of them failing, then no answer shows a row of another tenant', async () => {
    const owner = new Map<string, string>();
    const tenants = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const tenant = await cluster.app.factory.tenant({ seatsTotal: 50 });
        for (const id of [tenant.id, tenant.license.id, tenant.owner.id, tenant.member.id]) owner.set(id, tenant.id);
        return { tenant, machine: new Machine(tenant.member) };
      }),
    );
    const api = cluster.at(0);
    for (const { tenant, machine } of tenants) {
      expect((await machine.acquire(api)).status).toBe(201);
      owner.set(machine.seat!.session_id, tenant.id);
    }
    const requests = Array.from({ length: 1_000 }, (_, i) => {
      const { tenant, machine } = tenants[i % 20]!;
      const other = tenants[(i + 1 + (i % 19)) % 20]!;
      const { accessToken } = tenant.owner;
      const get = (route: string) => call(api, 'GET', route, { accessToken });
      const kinds = [
        () => get('licenses'),
        () => get('license-sessions'),
        () => get(`licenses/${tenant.license.id}`),
        () => get(`license-sessions/${machine.seat!.session_id}`),
        () => get('auth/me'),
        () => machine.acquire(api),
        () => machine.heartbeat(api),
        async () => {
          const answer = await get(`license-sessions/${other.machine.seat!.session_id}`);
          expect(answer.status).toBe(404);
          return { ...answer, body: { ...answer.body, instance: 'the path asked for' } };
        },
        () => get('licenses/not-an-id'),
      ];
      return { tenantId: tenant.id, send: kinds[Math.floor(i / 20) % kinds.length]! };
    });
    const foreign: string[] = [];
    let rows = 0;
    const lanes = Array.from({ length: 40 }, async () => {
      for (let next = requests.pop(); next; next = requests.pop()) {
        const answer = await next.send();
        for (const id of idsIn(answer.body)) {
          const of = owner.get(id);
          if (of === next.tenantId) rows += 1;
          else if (of) foreign.push(id);
        }
      }
    });
    await Promise.all(lanes);
    expect(foreign).toEqual([]);
    expect(rows).toBeGreaterThan(1_000);
  });
});
