import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '@coditect/local-stack/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from './open-database.js';

const { db, urls, connect } = await openDatabase({ systemPoolSize: 6 });

const LIMITS = { statementMs: 20_000, lockMs: 1_000 };
let years = 2001;
let month: string;
let tenantId: string;

/** Creates three sealed entries of a tenant in a past month. */
beforeEach(async () => {
  month = `${(years += 1)}-01-01`;
  ({ id: tenantId } = await db.system.tenant.create({ data: { slug: `t-${randomUUID()}`, name: 'Tenant' } }));
  await db.systemQuery('SELECT create_audit_partition($1::date)', [month]);
  await insert(3);
  await db.systemQuery(
    `UPDATE audit_logs a SET sequence = n, previous_hash = x, hash = x, actor_digest = x, detail_digest = x,
       actor_salt = substr(x, 1, 16), detail_salt = substr(x, 1, 16)
     FROM (SELECT id, row_number() OVER (ORDER BY id) AS n, sha256('x') AS x FROM audit_logs WHERE tenant_id = $1) AS s
     WHERE a.tenant_id = $1 AND a.id = s.id`,
    [tenantId],
  );
});

const insert = (count: number) =>
  db.systemQuery(
    `INSERT INTO audit_logs (tenant_id, id, occurred_at, actor_type, action, resource_type, ip)
     SELECT $1, gen_random_uuid(), $2::date + interval '1 day', 'system', 'a.b', 'c', '192.0.2.1'
     FROM generate_series(1, $3)`,
    [tenantId, month, count],
  );

async function archived({ rows = 3, salts = 3, verified = true } = {}): Promise<void> {
  await db.systemQuery(
    `INSERT INTO audit_archives (month, manifest, manifest_sha256, created_at) VALUES ($1, 'm', 'x', now())
     ON CONFLICT DO NOTHING`,
    [month],
  );
  await db.systemQuery(
    `UPDATE audit_archives SET rows = $2, actor_salts = $3, detail_salts = $3, verified_at = $4 WHERE month = $1`,
    [month, rows, salts, verified ? new Date() : null],
  );
}

/** Drops the partition as the worker does. `cut` is the last archived sequence of the tenant. */
const drop = (cut = 3) =>
  db.systemLongTx(LIMITS, async (query) => {
    if (cut > 0)
      await query(
        `INSERT INTO audit_chain_cuts (tenant_id, id, month, first_sequence, previous_hash, last_sequence, last_hash)
         VALUES ($1, gen_random_uuid(), $2, 1, '', $3, '')`,
        [tenantId, month, cut],
      );
    const { rows } = await query<{ dropped: string }>('SELECT drop_archived_audit_partition($1) AS dropped', [month]);
    return Number(rows[0]!.dropped);
  });
const kept = () => db.system.auditLog.count({ where: { tenantId } });
const cuts = () => db.system.auditChainCut.count({ where: { tenantId } });

describe('given the partition of a month', () => {
  it('when a verified archive holds all its entries, then it is dropped, and the drop is recorded', async () => {
    await archived();
    expect(await drop()).toBe(3);
    expect([await kept(), await cuts()]).toEqual([0, 1]);
    const { droppedAt } = await db.system.auditArchive.findUniqueOrThrow({ where: { month: new Date(month) } });
    expect(droppedAt).toBeInstanceOf(Date);
    const { rows } = await db.systemQuery(`SELECT to_regclass($1) AS partition`, [`audit_logs_${years}_01`]);
    expect(rows).toEqual([{ partition: null }]);
    await expect(drop(0)).rejects.toMatchObject({ code: '42501' });
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ['there is no archive', async () => {}, 3, '42501'],
    ['the archive was not read back', () => archived({ verified: false }), 3, '42501'],
    ['the archive has fewer entries', () => archived({ rows: 2 }), 3, '55000'],
    ['the archive has more entries', () => archived({ rows: 4 }), 3, '55000'],
    ['an entry was added later', () => archived().then(() => insert(1)), 3, '55000'],
    ['a person was erased since', () => archived({ salts: 4 }), 3, '55000'],
    ['no cut of a chain is recorded', archived, 0, '55000'],
    ['the recorded cuts do not cover all entries', archived, 2, '55000'],
  ])('when %s, then it is kept, and no cut is recorded', async (_, given, cut, code) => {
    await given();
    await expect(drop(cut)).rejects.toMatchObject({ code });
    expect(await kept()).toBeGreaterThanOrEqual(3);
    expect(await cuts()).toBe(0);
  });

  it('when the month is not over, then it is kept', async () => {
    month = `${new Date().toISOString().slice(0, 7)}-01`;
    await archived();
    await expect(drop()).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('that is over') });
  });

  it('when license_app asks, then it is refused', async () => {
    await archived();
    await withClient(urls.app, async (client) => {
      await expect(client.query('SELECT drop_archived_audit_partition($1)', [month])).rejects.toMatchObject({
        code: '42501',
        message: 'permission denied for function drop_archived_audit_partition',
      });
    });
  });

  it('when two workers drop it at once, then one succeeds', async () => {
    await archived();
    const both = await Promise.allSettled([drop(), drop()]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect([await kept(), await cuts()]).toEqual([0, 1]);
  });

  it('when a reader holds the table, then the drop gives up at its time limit', async () => {
    await archived();
    const reading = db.systemTx(async (tx) => {
      await tx.auditLog.count({ where: { tenantId } });
      await sleep(2_500);
    });
    await sleep(200);
    await expect(drop()).rejects.toMatchObject({ code: '55P03' });
    await reading;
    expect(await drop()).toBe(3);
  });
});

describe('the record of an archive', () => {
  it.each([
    ['audit_archives', `UPDATE audit_archives SET dropped_at = now()`],
    ['audit_archives', `DELETE FROM audit_archives`],
    ['audit_chain_cuts', `UPDATE audit_chain_cuts SET last_sequence = 1`],
    ['audit_chain_cuts', `DELETE FROM audit_chain_cuts`],
  ])('in %s cannot be changed by license_system with %s', async (table, sql) => {
    await expect(db.systemQuery(sql)).rejects.toMatchObject({
      code: '42501',
      message: `permission denied for table ${table}`,
    });
  });

  it('of the cuts of a chain is deleted with its tenant, after the entries', async () => {
    await archived();
    await drop();
    month = `${(years += 1)}-01-01`;
    await db.systemQuery('SELECT create_audit_partition($1::date)', [month]);
    await insert(2);
    await db.system.tenant.update({
      where: { id: tenantId },
      data: { status: 'closed', deleteAfter: new Date(Date.now() - 1000) },
    });
    const purge = async () =>
      (await db.systemQuery<{ n: number }>('SELECT purge_tenant_audit($1, 10) AS n', [tenantId])).rows[0]!.n;
    expect([await purge(), await cuts(), await purge(), await cuts()]).toEqual([2, 1, 0, 0]);
  });
});

describe('given work that runs in one process at a time', () => {
  it('when another process runs it, then it does not start, and can start afterwards', async () => {
    const other = connect({});
    const outcomes = await db.systemExclusive('work', async () => [
      await other.systemExclusive('work', async () => 'begun'),
      await other.systemExclusive('other work', async () => 'begun'),
    ]);
    expect(outcomes).toEqual([undefined, 'begun']);
    await expect(db.systemExclusive('work', () => Promise.reject(new Error('broken off')))).rejects.toThrow('broken');
    expect(await other.systemExclusive('work', async () => 'begun')).toBe('begun');
  });

  it('when its connection is lost, then its check throws', async () => {
    await db.systemExclusive('work', async (assertHeld) => {
      await assertHeld();
      await db.systemQuery(
        `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
         WHERE locktype = 'advisory' AND datname = current_database()`,
      );
      // The wording of Postgres, or of pg once it has seen the connection end.
      await expect(assertHeld()).rejects.toThrow(
        /^terminating connection|^Connection terminated|encountered a connection error/,
      );
    });
  });
});
