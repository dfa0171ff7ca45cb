import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { LedgerRecovery } from './ledger-recovery.js';
import type { LicenseRef } from './seat-ledger.js';
import { ledgerKeys } from './seat-ledger.scripts.js';

let api: TestApp;
let recovery: LedgerRecovery;
beforeAll(async () => {
  api = await sharedApp();
  recovery = api.app.get(LedgerRecovery);
});

async function license(): Promise<LicenseRef> {
  const tenant = await api.factory.tenant();
  await api.takeSeat(tenant.member);
  return { tenantId: tenant.id, licenseId: tenant.license.id };
}
const epoch = ({ tenantId, licenseId }: LicenseRef) => api.redis.hget(ledgerKeys(tenantId, licenseId)[0]!, 'epoch');
const asked = async () => {
  const stats = await api.redis.info('commandstats');
  return Number(/cmdstat_exists:calls=(\d+)/.exec(stats)?.[1] ?? 0);
};

describe('when another process writes a ledger', () => {
  it('then all callers in this process share one wait', async () => {
    const { tenantId, licenseId } = await license();
    const [lockMs, everyMs, waiting] = [400, 10, 50];
    await api.redis.set(`seats:{${tenantId}:${licenseId}}:rebuild`, 'another process', 'PX', lockMs);
    const before = await asked();

    const written = await Promise.all(
      Array.from({ length: waiting }, () => recovery.rebuild({ tenantId, licenseId }, 'force')),
    );

    expect(written).toEqual(Array(waiting).fill(false));
    expect((await asked()) - before).toBeLessThanOrEqual(lockMs / everyMs + 1);
    expect(await recovery.rebuild({ tenantId, licenseId }, 'force')).toBe(true);
  });
});

describe('when several ledgers missed a change', () => {
  it('then one that cannot be written does not delay the others', async () => {
    const [first, second] = [await license(), await license()];
    const before = [await epoch(first), await epoch(second)];

    recovery.markStale(first);
    recovery.markStale({ tenantId: 'no tenant', licenseId: randomUUID() });
    recovery.markStale(second);

    await expect
      .poll(async () => [(await epoch(first)) === before[0], (await epoch(second)) === before[1]])
      .toEqual([false, false]);
  });
});
