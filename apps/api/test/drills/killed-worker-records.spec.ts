import { withClient } from '@coditect/local-stack/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LocalArchiveStore } from '#modules/audit-archive/stores/local-archive-store';
import { ledgerKeys } from '#modules/licenses/ledger/seat-ledger.scripts';
import type { TestApp } from '../app.js';
import { isDropped, newMonth, sealEntries, TestArchiver } from '../audit-archives.js';
import { DataExports } from '../data-exports.js';
import type { TestTenant } from '../factory.js';
import { furnishedTenant, rowsOf } from '../furnished-tenant.js';
import { pastSessions } from '../usage-history.js';
import { eventually } from './eventually.js';
import { outcomes, WITHIN_MS, WorkerDrill } from './worker-drill.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const SAMPLE_MS = 5 * MINUTE_MS;

let drill: WorkerDrill;
let api: TestApp;
let tenant: TestTenant;
beforeAll(async () => {
  drill = await WorkerDrill.start();
  ({ api } = drill);
});
afterAll(() => drill.stop());
beforeEach(async () => {
  if (!drill.worker.running) await drill.startWorker(); // so that a failed test does not make others fail
  drill.smtp.mails.length = 0;
  tenant = await api.factory.tenant();
});

describe('given a month of audit entries to be archived', () => {
  let archive: TestArchiver;
  let month: string;
  const recorded = () => archive.records.find(month);
  const manifests = async () => (await archive.stored(month)).filter((name) => name.endsWith('manifest.json'));
  beforeAll(() => {
    archive = new TestArchiver(api, new LocalArchiveStore(api.stack.env.AUDIT_ARCHIVE_DIR!));
  });
  afterAll(() => archive.close());
  beforeEach(async () => {
    month = await newMonth(api);
    await sealEntries(api, tenant.id, month, 30);
  });

  const begin = () => drill.begin('audit-archive', 'audit-archive');

  async function expectArchivedOnce() {
    expect(await isDropped(api, month)).toBe(true);
    expect(await archive.months.verify(month)).toMatchObject({ rows: 30 });
    expect(await api.db.system.auditLog.count({ where: { tenantId: tenant.id } })).toBe(0);
    const { body } = await api.get('audit-logs/verify', tenant.owner.accessToken).expect(200);
    expect(body).toMatchObject({ valid: true });
    const cuts = await api.db.systemQuery('SELECT FROM audit_chain_cuts WHERE tenant_id = $1', [tenant.id]);
    expect(cuts.rowCount).toBe(1);
  }

  it.each(outcomes)(
    'when the worker is killed while it records what it has stored, and its statement %s, then another one archives it',
    async (outcome) => {
      const job = await drill.killWriting('audit_archives', 'INSERT INTO audit_archives', outcome, begin);
      expect(await manifests()).toHaveLength(1);
      expect(await isDropped(api, month)).toBe(false);
      await drill.takeOver('audit-archive');
      await drill.untilCompleted('audit-archive', job);
      await expectArchivedOnce();
      // Files of the first worker count only if it recorded them.
      expect(await manifests()).toHaveLength(outcome === 'rolls back' ? 2 : 1);
    },
  );

  it.each(outcomes)(
    'when the worker is killed while it drops what it has verified, and its statement %s, then another one drops it',
    async (outcome) => {
      const job = await drill.killWriting('audit_chain_cuts', 'INSERT INTO audit_chain_cuts', outcome, begin);
      expect(await recorded()).toMatchObject({ verifiedAt: expect.any(Date) as Date, droppedAt: null });
      expect(await isDropped(api, month)).toBe(false);
      expect(await api.db.system.auditLog.count({ where: { tenantId: tenant.id } })).toBe(30);
      await drill.takeOver('audit-archive');
      await drill.untilCompleted('audit-archive', job);
      await expectArchivedOnce();
      expect(await manifests()).toHaveLength(1);
    },
  );
});

describe.each(['usage_samples', 'usage_hours', 'usage_days'])(
  'given a license in use, when the worker is killed while it writes %s',
  (table) => {
    it.each(outcomes)(
      'and its statement %s, then another worker continues: one sample for each five minutes, rolled up once',
      async (outcome) => {
        const start = new Date(Math.floor((Date.now() - 40 * MINUTE_MS) / SAMPLE_MS) * SAMPLE_MS);
        await pastSessions(api, tenant.license, [
          { user: tenant.member, start, leaseEnd: new Date(Date.now() + DAY_MS) },
        ]);
        const job = await drill.killWriting(table, `INSERT INTO ${table}`, outcome, async () => {
          // Only now is there a license to sample, because workers sample by themselves every five minutes.
          await api.db.system.license.updateMany({
            where: { tenantId: tenant.id },
            data: { createdAt: start, validFrom: start },
          });
          return drill.begin('usage', 'usage-sample');
        });
        await drill.takeOver('usage');
        await drill.untilCompleted('usage', job);
        const of = { where: { licenseId: tenant.license.id } };
        const samples = await api.db.system.usageSample.findMany({ ...of, orderBy: { sampledAt: 'asc' } });
        expect(samples.length).toBeGreaterThanOrEqual(6);
        expect(samples.map(({ sampledAt }) => sampledAt.getTime())).toEqual(
          samples.map((_, i) => start.getTime() + i * SAMPLE_MS),
        );
        expect(samples.map(({ seatsInUsePeak }) => seatsInUsePeak)).toEqual(samples.map(() => 1));
        expect(samples.map(({ acquires }) => acquires)).toEqual(samples.map((_, i) => (i === 0 ? 1 : 0)));
        for (const rolled of [await api.db.system.usageHour.findMany(of), await api.db.system.usageDay.findMany(of)]) {
          expect(rolled.reduce((sum, row) => sum + row.samples, 0)).toBe(samples.length);
          expect(rolled.reduce((sum, row) => sum + row.acquires, 0)).toBe(1);
        }
      },
    );
  },
);

describe('given a closed organization whose grace period is over, when the worker is killed while it deletes it', () => {
  it.each(outcomes)(
    'and its statement %s, then another worker deletes the rest, and another organization keeps its data',
    async (outcome) => {
      const gone = await furnishedTenant(api);
      const { users, licenses } = await rowsOf(api, tenant.id);
      await api.db.system.tenant.update({
        where: { id: gone.id },
        data: { status: 'closed', deleteAfter: new Date(Date.now() - 1000) },
      });
      const job = await drill.killWriting('projects', 'FROM projects WHERE tenant_id', outcome, () =>
        drill.begin('maintenance', 'tenant-purge'),
      );
      const half = await rowsOf(api, gone.id);
      expect(half['denials']).toBeUndefined();
      expect(half['users']).toHaveLength(1);
      await drill.takeOver('maintenance');
      await drill.untilCompleted('maintenance', job);
      expect(await rowsOf(api, gone.id)).toEqual({});
      expect(await api.redis.exists(...ledgerKeys(gone.id, gone.licenseId))).toBe(0);
      expect(await rowsOf(api, tenant.id)).toMatchObject({ users, licenses });
    },
  );
});

describe('given a license that ends soon, when the worker is killed while it writes the mails of the notice', () => {
  it.each(outcomes)('and its statement %s, then owner and admin get one mail each', async (outcome) => {
    await api.db.system.license.updateMany({
      where: { tenantId: tenant.id },
      data: { validUntil: new Date(Date.now() + 20 * DAY_MS) },
    });
    const job = await drill.killWriting('outbox', 'INSERT INTO "public"."outbox"', outcome, () =>
      drill.begin('maintenance', 'license-notices'),
    );
    const notices = () => api.db.system.notice.count({ where: { tenantId: tenant.id } });
    expect(await notices()).toBe(0);
    await drill.takeOver('maintenance');
    await drill.untilCompleted('maintenance', job);
    const sent = () =>
      drill.smtp.mails.flatMap(({ to }) => [to].flat().map((address) => address?.text ?? '')).toSorted();
    await eventually(
      async () => expect(sent()).toEqual([tenant.owner.email, tenant.admin.email].toSorted()),
      WITHIN_MS,
    );
    expect(await notices()).toBe(1);
    expect(await api.db.system.outboxMessage.count({ where: { tenantId: tenant.id } })).toBe(2);
  });
});

describe('given a data export whose time is over, when the worker is killed while it removes it', () => {
  it.each(outcomes)('and its statement %s, then another worker removes it, audited once', async (outcome) => {
    const exports = new DataExports(api);
    const { id } = await exports.request(tenant.owner);
    await eventually(
      async () => expect(await exports.read(id, tenant.owner)).toMatchObject({ status: 'ready' }),
      WITHIN_MS,
    );
    await api.db.system.dataExport.updateMany({ where: { id }, data: { expiresAt: new Date(0) } });
    const job = await drill.killWriting('audit_logs', 'INSERT INTO "public"."audit_logs"', outcome, () =>
      drill.begin('maintenance', 'data-export-cleanup'),
    );
    expect(await exports.filesOf(tenant.owner)).toHaveLength(1);
    await drill.takeOver('maintenance');
    await drill.untilCompleted('maintenance', job);
    expect(await exports.read(id, tenant.owner)).toMatchObject({ status: 'expired' });
    expect(await exports.filesOf(tenant.owner)).toEqual([]);
    expect(await api.auditOf(id, 'data_export.expired')).toHaveLength(1);
  });
});

describe.each([
  [
    'idempotency-keys',
    'maintenance',
    'idempotency_keys',
    `INSERT INTO idempotency_keys (tenant_id, id, actor_id, key, operation, request_hash, locked_until, expires_at)
     SELECT $1, gen_random_uuid(), gen_random_uuid(), '', 'POST /', '', now(), now() + make_interval(days => n)
     FROM generate_series(-3, 3) AS n WHERE n <> 0`,
  ],
  [
    'event-cleanup',
    'events',
    'events',
    `WITH log AS (INSERT INTO event_logs (tenant_id, id) VALUES ($1, gen_random_uuid()))
     INSERT INTO events (tenant_id, id, sequence, type, resource_type, resource_id, data, occurred_at, recorded_at)
     SELECT $1, gen_random_uuid(), n, 'user.created', 'user', n, '{}', now() - make_interval(days => n * 10 - 5), now()
     FROM generate_series(1, 6) AS n`,
  ],
  [
    'usage-retention',
    'usage',
    'usage_samples',
    `INSERT INTO usage_samples (tenant_id, id, license_id, sampled_at, seats_total, seats_in_use_peak, seats_in_use_mean,
       acquires, denials, unique_users, unique_machines)
     SELECT $1, gen_random_uuid(), l.id, date_bin('5 min', now(), '2000-01-01Z') - make_interval(days => n), 1, 1, 1, 1, 1, 1, 1
     FROM generate_series(32, 37) AS n, licenses l WHERE l.tenant_id = $1`,
  ],
] as const)(
  'given rows that %s deletes, and younger ones, when the worker is killed while it does',
  (name, queue, table, rows) => {
    it.each(outcomes)('and its statement %s, then another worker deletes them, and no others', async (outcome) => {
      await api.db.systemQuery(rows, [tenant.id]);
      const job = await drill.killWriting(table, `DELETE FROM ${table}`, outcome, () => drill.begin(queue, name));
      await drill.takeOver(queue);
      await drill.untilCompleted(queue, job);
      expect((await rowsOf(api, tenant.id))[table]).toHaveLength(3);
    });
  },
);

describe('given months to come without a partition, when the worker is killed while it makes them', () => {
  it.each(outcomes)('and its statement %s, then another worker makes them', async (outcome) => {
    const last = new Date();
    last.setUTCDate(1);
    last.setUTCMonth(last.getUTCMonth() + 24);
    const partition = `audit_logs_${last.toISOString().slice(0, 7).replace('-', '_')}`;
    const isThere = async () =>
      (await api.db.systemQuery('SELECT FROM pg_class WHERE relname = $1', [partition])).rowCount === 1;
    expect(await isThere()).toBe(true);
    await withClient(api.stack.database.urls.owner, (owner) => owner.query(`DROP TABLE ${partition}`));
    const job = await drill.killWriting('audit_logs', 'create_audit_partition', outcome, () =>
      drill.begin('maintenance', 'audit-partitions'),
    );
    await drill.takeOver('maintenance');
    await drill.untilCompleted('maintenance', job);
    expect(await isThere()).toBe(true);
  });
});
