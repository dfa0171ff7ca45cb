import { createHash, randomBytes } from 'node:crypto';
import { withClient } from '@coditect/local-stack/database';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApp } from '#test/app';
import { sharedApp } from '#test/shared-app';
import { waitingForLocks } from '#test/backends';
import { DataExports } from '#test/data-exports';
import type { TestTenant } from '#test/factory';
import { furnishedTenant } from '#test/furnished-tenant';
import { tenantArchive } from './data-export.archive.js';
import { tenantTables } from './tenant-tables.js';

let api: TestApp;
let exports: DataExports;
let tenant: TestTenant;
beforeAll(async () => {
  api = await sharedApp();
  exports = new DataExports(api);
});
beforeEach(async () => {
  tenant = await api.factory.tenant();
});

/** A tenant with a row in every table; the export among them was given up. */
async function furnished() {
  const made = await furnishedTenant(api);
  await api.db.system.dataExport.updateMany({ where: { tenantId: made.id }, data: { status: 'failed' } });
  return made;
}

describe('the archive', () => {
  it('has a file for each table with the exported columns, and its checksum in the manifest', async () => {
    const whole = await furnished();
    const { files, manifest, rows } = await exports.make(whole.owner);
    const names = tenantTables.map(({ name }) => `${name}.ndjson`);
    expect([...files.keys()]).toEqual([...names, 'manifest.json']);
    expect(manifest).toMatchObject({ format: 'coditect-tenant-export', format_version: 1, tenant_id: whole.id });
    for (const [i, { name, exported: columns, secret, tenantColumn }] of tenantTables.entries()) {
      const content = files.get(`${name}.ndjson`)!;
      expect(manifest.tables[i]).toEqual({
        table: name,
        file: `${name}.ndjson`,
        rows: rows(name).length,
        left_out: secret,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
      expect([name, rows(name).length]).not.toEqual([name, 0]);
      for (const row of rows(name)) {
        expect([name, Object.keys(row)]).toEqual([name, columns]);
        expect(row[tenantColumn]).toBe(whole.id);
      }
    }
  });

  it('formats values like the API: RFC 3339 times, lists, objects', async () => {
    const whole = await furnished();
    const { rows } = await exports.make(whole.owner);
    const [user] = await api.db.system.user.findMany({ where: { tenantId: whole.id } });
    expect(rows('users')).toMatchObject([
      { id: whole.userId, email: 'owner@example.com', created_at: user?.createdAt.toISOString() },
    ]);
    expect(rows('licenses')).toMatchObject([{ features: ['editor'], seats_total: 5, valid_until: null }]);
    expect(rows('machines')).toMatchObject([{ hardware_fingerprint: { cpu: 'x' } }]);
    expect(rows('refresh_tokens')).toMatchObject([{ ip: '192.0.2.1' }]);
  });

  it('contains none of the secrets, in any encoding', async () => {
    const whole = await furnished();
    const { id: tenantId, userId: id } = whole;
    await api.db.system.user.update({
      where: { tenantId_id: { tenantId, id } },
      data: { passwordHash: '$argon2id$the-password-hash', totpSecret: Buffer.from('the-totp-secret') },
    });
    await api.db.system.outboxMessage.create({
      data: { tenantId, topic: 'email', payload: { url: '#token=civ_the-link' } },
    });
    const { rows: secrets } = await api.db.systemQuery<{ secret: Buffer }>(
      `SELECT token_hash AS secret FROM invitations WHERE tenant_id = $1 UNION ALL
       SELECT token_hash FROM refresh_tokens WHERE tenant_id = $1 UNION ALL
       SELECT token_hash FROM one_time_tokens WHERE tenant_id = $1 UNION ALL
       SELECT code_hash FROM recovery_codes WHERE tenant_id = $1 UNION ALL
       SELECT key_hash FROM api_keys WHERE tenant_id = $1 UNION ALL
       SELECT token_hash FROM license_sessions WHERE tenant_id = $1 UNION ALL
       SELECT token_salt FROM license_sessions WHERE tenant_id = $1`,
      [tenantId],
    );
    const { files } = await exports.make(whole.owner);
    const everything = [...files.values()].join('\n');
    expect(everything).toContain('owner@example.com');
    for (const word of ['the-password-hash', 'the-totp-secret', 'civ_the-link']) expect(everything).not.toContain(word);
    expect(secrets.length).toBeGreaterThanOrEqual(7);
    for (const { secret } of secrets)
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
        expect(everything).not.toContain(secret.toString(encoding));
  });

  it('contains every row once, even with several pages, and none of another tenant', async () => {
    const other = await api.factory.tenant();
    for (const id of [tenant.id, other.id]) {
      await api.db.systemQuery(
        `INSERT INTO denials (tenant_id, id, user_id, machine_id, reason)
         SELECT $1, gen_random_uuid(), gen_random_uuid(), 'm', 'no_seats_available' FROM generate_series(1, 2500)`,
        [id],
      );
      // Many rows have the same time, so the time alone cannot mark the end of a page.
      await api.db.systemQuery(
        `INSERT INTO audit_logs (tenant_id, occurred_at, id, actor_type, action, resource_type)
         SELECT $1, date_trunc('minute', now()) - make_interval(mins => n / 700), gen_random_uuid(), 'system', 'x.y', 'x'
         FROM generate_series(1, 2500) AS n`,
        [id],
      );
    }
    const { rows } = await exports.make(tenant.owner);
    for (const table of ['denials', 'audit_logs']) {
      const seen = new Set(rows(table).map(({ id }) => id));
      expect(rows(table).every((row) => row['tenant_id'] === tenant.id)).toBe(true);
      expect([table, rows(table).length]).toEqual([table, seen.size]);
      expect(seen.size).toBeGreaterThanOrEqual(2500);
    }
  });

  it('is a consistent snapshot, however long it takes', async () => {
    const made = await exports.request(tenant.owner);
    await withClient(api.stack.database.urls.owner, async (owner) => {
      await owner.query('BEGIN; LOCK TABLE licenses');
      const running = exports.run(made.id, tenant.owner);
      await expect.poll(() => waitingForLocks(api, 'license_app')).toBe(1); // halfway through
      await owner.query(
        `INSERT INTO licenses (tenant_id, id, key, product, plan_tier, seats_total)
         VALUES ($1, gen_random_uuid(), 'LATE', 'late', 'free', 1)`,
        [tenant.id],
      );
      await owner.query(
        `INSERT INTO audit_logs (tenant_id, id, actor_type, action, resource_type)
         VALUES ($1, gen_random_uuid(), 'system', 'too.late', 'x')`,
        [tenant.id],
      );
      await owner.query('COMMIT');
      await running;
    });
    const files = await exports.unpack(made.id, tenant.owner);
    expect(files.get('licenses.ndjson')).toContain(tenant.license.key);
    expect(files.get('licenses.ndjson')).not.toContain('LATE');
    expect(files.get('audit_logs.ndjson')).toContain('data_export.requested');
    expect(files.get('audit_logs.ndjson')).not.toContain('too.late');
  });
});

describe('an archive that is read slowly', () => {
  const ENDLESS = Array.from({ length: 1_000 }, () => ({ id: randomBytes(48).toString('hex') }));

  it('reads rows only as fast as it is read, so that memory does not grow with the data', async () => {
    let pages = 0;
    const archive = tenantArchive(
      () => {
        pages += 1;
        return Promise.resolve(ENDLESS);
      },
      tenant.id,
      new Date(),
    );
    let before = -1;
    await expect
      .poll(() => [before, (before = pages)], { interval: 100 })
      .toSatisfy(([earlier, now]: number[]) => now! > 0 && earlier === now); // reading has stopped
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThan(100);
    const stopped = pages;
    for await (const _chunk of archive) if (pages > stopped) break;
    expect(archive.destroyed).toBe(true);
  });

  it('fails if the database fails', async () => {
    const archive = tenantArchive(() => Promise.reject(new Error('no database')), tenant.id, new Date());
    await expect(archive.toArray()).rejects.toThrow('no database');
  });
});
