import { ChainVerifier } from '@coditect/audit-chain/chain-verifier';
import { parseEntry } from '@coditect/audit-chain/entry-line';
import { entryHash } from '@coditect/audit-chain/seal';
import { runAsTenant } from '@coditect/db/tenant-context';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '#test/app';
import { tamper, verifyAudit, writeEntries } from '#test/audit-entries';
import type { TestTenant } from '#test/factory';
import { type AuditRow, presentSealedEntry } from '../audit-logs.presenter.js';
import { AuditSealer } from './audit-sealer.js';

let api: TestApp;
beforeAll(async () => {
  api = await TestApp.start();
});
afterAll(() => api.stop());

const verify = (of: TestTenant) => verifyAudit(api, of);
const five = Array.from({ length: 5 }, (_, i) => ({
  actorType: 'user' as const,
  actorName: 'ada@acme.example',
  ip: '203.0.113.7',
  userAgent: 'curl/8.5',
  before: { status: 'active', z: 1, a: { c: 1.5, b: [2, 'é'] } },
  after: { status: `s${i}` },
}));
async function sealedTenant(): Promise<TestTenant> {
  const tenant = await api.factory.tenant();
  await writeEntries(api, tenant.id, five);
  expect(await verify(tenant)).toMatchObject({ valid: true, entries: 5 });
  return tenant;
}

describe('given audit entries that were just written, when the chain is verified', () => {
  it('then they are sealed first, and the chain is valid from the first to the last entry', async () => {
    const tenant = await api.factory.tenant();
    await writeEntries(api, tenant.id, five);
    const report = await verify(tenant);
    expect(report).toMatchObject({ valid: true, entries: 5, first_sequence: 1, last_sequence: 5, erased: 0 });
    const rows = await api.db.system.auditLog.findMany({
      where: { tenantId: tenant.id },
      orderBy: { occurredAt: 'asc' },
    });
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5]);
    expect(Buffer.from(rows[0]!.previousHash!).equals(Buffer.alloc(32))).toBe(true);
    for (const [i, row] of rows.slice(1).entries()) expect(row.previousHash).toEqual(rows[i]!.hash);
    expect(report.last_hash).toBe(Buffer.from(rows[4]!.hash!).toString('base64url'));
  });

  it('then a tenant without entries has a valid empty chain', async () => {
    expect(await verify(await api.factory.tenant())).toMatchObject({ valid: true, entries: 0, last_hash: null });
  });

  it('then an entry that is committed late follows those sealed before it, whatever its time', async () => {
    const tenant = await sealedTenant();
    await writeEntries(api, tenant.id, [{ occurredAt: new Date(Date.now() - 7_200_000), resourceId: 'late' }]);
    expect(await verify(tenant)).toMatchObject({ valid: true, entries: 6 });
    const [late] = await api.auditOf('late');
    expect(Number(late!.sequence)).toBe(6);
  });

  it('then hashes do not depend on how jsonb writes numbers and orders members, and any text can be hashed', async () => {
    const tenant = await api.factory.tenant();
    await api.db.systemQuery(
      `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type, before, user_agent)
       VALUES ($1, gen_random_uuid(), now(), 'system', 'a.b', 'c',
         '{"bb": 1.10, "a": 1e3, "é": 12345678901234567890, "\\"": [0.0, -0, 1E-7], "__proto__": null}', '"\\ \u2028 😀')`,
      [tenant.id],
    );
    expect(await verify(tenant)).toMatchObject({ valid: true, entries: 1 });
  });
});

describe('given several writers and two sealers at once, when all have finished', () => {
  it('then every entry has one place, there is no gap, and the chain is valid', async () => {
    const tenant = await api.factory.tenant();
    const sealer = api.app.get(AuditSealer);
    const writing = new AbortController();
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; i < 40; i += 1)
        await runAsTenant(tenant.id, () =>
          api.db.tenantTx(async (tx) => {
            const what = { action: 'a.b', resourceType: 'thing', resourceId: `${writer}-${i}` };
            await tx.auditLog.create({ data: { ...what, actorType: 'system', tenantId: tenant.id } });
            await tx.$executeRaw`SELECT pg_sleep(0.002)`; // so that commits and times have different orders
          }),
        );
    });
    const sealers = Array.from({ length: 2 }, async () => {
      let sealed = 0;
      while (!writing.signal.aborted) sealed += await api.asSystem(() => sealer.sealAll());
      return sealed;
    });
    await Promise.all(writers).finally(() => writing.abort());
    const sealed = await Promise.all(sealers);
    const last = await sealer.seal(tenant.id);
    expect(sealed[0]! + sealed[1]! + last).toBe(160);
    expect(await verify(tenant)).toMatchObject({ valid: true, entries: 160, last_sequence: 160 });
  });

  it('then one call seals more than a batch, and sealing again changes nothing', async () => {
    const tenant = await api.factory.tenant();
    await api.db.systemQuery(
      `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type)
       SELECT $1, gen_random_uuid(), now(), 'system', 'a.b', 'c' FROM generate_series(1, 2100)`,
      [tenant.id],
    );
    const sealer = api.app.get(AuditSealer);
    const both = await Promise.all([sealer.seal(tenant.id), sealer.seal(tenant.id)]);
    expect(both[0] + both[1]).toBe(2100);
    const report = await verify(tenant);
    expect(report).toMatchObject({ valid: true, entries: 2100 });
    expect(await sealer.seal(tenant.id)).toBe(0);
    expect((await verify(tenant)).last_hash).toBe(report.last_hash);
  });
});

describe('given a sealed chain of five, when the owner of the database tampers with it', () => {
  const at = 'WHERE tenant_id = $1 AND sequence';
  const SMALLEST = '00000000-0000-4000-8000-000000000000';
  const copy = (sequence: string) =>
    `INSERT INTO audit_logs SELECT (jsonb_populate_record(a, jsonb_build_object('id', '${SMALLEST}', 'sequence', ${sequence}))).*
     FROM audit_logs a ${at} = 3`;

  it.each([
    ['an action is changed', `UPDATE audit_logs SET action = 'x' ${at} = 3`, 3, 'hash_mismatch'],
    [
      'a time is changed by a millisecond',
      `UPDATE audit_logs SET occurred_at = occurred_at + '1 ms' ${at} = 3`,
      3,
      'hash_mismatch',
    ],
    ['the actor becomes the system', `UPDATE audit_logs SET actor_type = 'system' ${at} = 1`, 1, 'hash_mismatch'],
    ['a name is changed', `UPDATE audit_logs SET actor_name = 'eve' ${at} = 3`, 3, 'digest_mismatch'],
    ['an address is removed', `UPDATE audit_logs SET ip = NULL ${at} = 3`, 3, 'digest_mismatch'],
    [
      'the recorded change is altered',
      `UPDATE audit_logs SET after = '{"status": "x"}' ${at} = 5`,
      5,
      'digest_mismatch',
    ],
    ['a digest is replaced', `UPDATE audit_logs SET detail_digest = sha256('x') ${at} = 3`, 3, 'hash_mismatch'],
    [
      'a salt is removed without its data',
      `UPDATE audit_logs SET actor_salt = NULL, erased_at = now() ${at} = 3`,
      3,
      'digest_mismatch',
    ],
    ['a hash is replaced', `UPDATE audit_logs SET hash = sha256('x') ${at} = 3`, 3, 'hash_mismatch'],
    ['a hash is removed', `UPDATE audit_logs SET hash = NULL ${at} = 3`, 3, 'hash_mismatch'],
    ['the first is removed', `DELETE FROM audit_logs ${at} = 1`, 1, 'gap'],
    ['one is removed', `DELETE FROM audit_logs ${at} = 3`, 3, 'gap'],
    [
      'one is removed and the rest renumbered',
      `WITH gone AS (DELETE FROM audit_logs ${at} = 3) UPDATE audit_logs SET sequence = sequence - 1 ${at} > 3`,
      3,
      'hash_mismatch',
    ],
    ['two are swapped', `UPDATE audit_logs SET sequence = 5 - sequence ${at} IN (2, 3)`, 2, 'hash_mismatch'],
    ['one is inserted at the end', copy('6'), 6, 'hash_mismatch'],
    ['one is inserted in between', copy('3'), 3, 'hash_mismatch'],
    ['one is moved to another place', `UPDATE audit_logs SET sequence = 1000000 ${at} = 5`, 5, 'gap'],
  ])('then the report names the entry: %s', async (_, sql, sequence, reason) => {
    const tenant = await sealedTenant();
    await tamper(api, sql, tenant.id);
    const report = await verify(tenant);
    expect(report).toMatchObject({ valid: false, entries: sequence - 1, broken_at: { sequence, reason } });
    // Offline verification finds the same place.
    const { text } = await api.get('audit-logs/export?format=ndjson', tenant.owner.accessToken).expect(200);
    const verifier = new ChainVerifier();
    for (const line of text.trim().split('\n')) if (!verifier.add(parseEntry(line))) break;
    expect(verifier.report.broken_at).toEqual(report.broken_at);
  });

  it('then an entry with a recalculated hash breaks the link of the next one', async () => {
    const tenant = await sealedTenant();
    const { rows } = await api.db.systemQuery<AuditRow>(`SELECT * FROM audit_logs ${at} = 3`, [tenant.id]);
    const hash = entryHash({ ...presentSealedEntry(rows[0]!), action: 'thing.forged' });
    await tamper(
      api,
      `UPDATE audit_logs SET action = 'thing.forged', hash = decode($2, 'hex') ${at} = 3`,
      tenant.id,
      Buffer.from(hash, 'base64url').toString('hex'),
    );
    expect(await verify(tenant)).toMatchObject({ entries: 3, broken_at: { sequence: 4, reason: 'link_mismatch' } });
  });

  it('then entries removed at the end are found only by comparing with a kept last hash', async () => {
    const tenant = await sealedTenant();
    const kept = await verify(tenant);
    await tamper(api, `DELETE FROM audit_logs ${at} = 5`, tenant.id);
    const report = await verify(tenant);
    expect(report.valid).toBe(true);
    expect(report.last_hash).not.toBe(kept.last_hash);
  });

  it('then the chain of another tenant stays valid', async () => {
    const [mine, theirs] = [await sealedTenant(), await sealedTenant()];
    await tamper(api, `DELETE FROM audit_logs ${at} = 3`, theirs.id);
    expect((await verify(mine)).valid).toBe(true);
  });
});

describe('given a role, when it requests a verification', () => {
  it.each([
    ['owner', 200],
    ['admin', 200],
    ['member', 403],
    ['viewer', 403],
  ] as const)('then the role %s gets %i', async (role, status) => {
    const tenant = await api.factory.tenant();
    for (const route of ['audit-logs', 'audit-logs/verify', 'audit-logs/export?format=csv'])
      await api.get(route, tenant[role].accessToken).expect(status);
  });
});
