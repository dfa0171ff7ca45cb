import { inject, it, expect, beforeAll, afterAll } from 'vitest';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '@coditect/local-stack/test-database';
import { Database } from '../src/database.js';
import { runAsTenant } from '../src/tenant-context.js';
let t: TestDatabase; let db: Database;
const A='00000000-0000-4000-8000-00000000000a';
const B='00000000-0000-4000-8000-00000000000b';
beforeAll(async () => { t = await createTestDatabase(inject('superuserUrl'));
 db = new Database({ appUrl: t.urls.app, systemUrl: t.urls.system, poolSize: 1, statementTimeoutMs: 500 });
 for (const [id,s] of [[A,'a'],[B,'b']]) await db.systemQuery(`INSERT INTO tenants (id,slug,name) VALUES ($1,$2,$2)`,[id,s]);
 for (const id of [A,B]) await db.systemQuery(`INSERT INTO machines (tenant_id,id,machine_id) VALUES ($1,gen_random_uuid(),'m1')`,[id]);
});
afterAll(async () => { await db?.close(); await t?.drop(); });
const log = (...a: unknown[]) => console.log(...a);
const count = () => db.tenant.machine.count();
it('iso levels', async () => {
  for (const isolationLevel of ['ReadCommitted','RepeatableRead','Serializable'] as const)
    log(isolationLevel, await runAsTenant(A, () => db.tenant.$transaction(async (tx) => tx.machine.count(), { isolationLevel })).catch((e: Error) => e.message));
});
it('raw begin', async () => {
  log('BEGIN', await runAsTenant(A, () => db.tenant.$executeRawUnsafe('BEGIN')).catch((e: Error) => e.message));
  log('insert', await runAsTenant(B, () => db.tenant.machine.create({ data: { tenantId: B, machineId: 'lost' } })).catch((e: Error) => e.message));
  log('visible', await runAsTenant(B, count), await db.system.machine.count({where:{tenantId:B}}));
  log('rollback', await runAsTenant(A, () => db.tenant.$executeRawUnsafe('ROLLBACK')).catch((e: Error) => e.message));
  log('visible', await runAsTenant(B, count), await db.system.machine.count({where:{tenantId:B}}));
});
it('batch', async () => {
  log('stale', await runAsTenant(A, () => db.tenantBatch([{ text: 'CREATE TEMP TABLE s (a int)' }, { text: 'SELECT * FROM s', name: 'star' }])).then((r)=>r.length, (e: Error) => e.message));
  log('stale2', await runAsTenant(A, () => db.tenantBatch([{ text: 'ALTER TABLE s ADD b int' }])).then((r)=>r.length, (e: Error) => e.message));
  for (let i=0;i<3;i++) log('stale3', await runAsTenant(A, () => db.tenantBatch([{ text: 'SELECT * FROM s', name: 'star' }])).then((r)=>r.length, (e: Error) => e.message));
  log('clash', await runAsTenant(A, () => db.tenantBatch([{ text: 'SELECT 1', name: 'n1' }])).then((r)=>JSON.stringify(r[0]!.rows), (e: Error) => e.message));
  log('clash', await runAsTenant(A, () => db.tenantBatch([{ text: 'SELECT 2', name: 'n1' }])).then((r)=>JSON.stringify(r[0]!.rows), (e: Error) => e.message));
  log('copyout', await runAsTenant(A, () => db.tenantBatch([{ text: 'COPY (select 1) TO STDOUT' }])).then((r)=>JSON.stringify(r[0]!.rows), (e: Error) => e.message));
  log('after', await runAsTenant(B, count));
  log('empty', await runAsTenant(A, () => db.tenantBatch([{ text: '' }, {text:'select 1 as a'}])).then((r)=>JSON.stringify(r.map(x=>x.rows)), (e: Error) => e.message));
  log('none', await runAsTenant(A, () => db.tenantBatch([])).then((r)=>JSON.stringify(r), (e: Error) => e.message));
});
it('terminated mid batch', async () => {
  const su = new pg.Client(inject('superuserUrl')); await su.connect();
  const p = runAsTenant(A, () => db.tenantBatch([{ text: 'SELECT pg_sleep(0.3)' }])).then((r)=>r.length, (e: Error) => e.message);
  await new Promise((r) => setTimeout(r, 100));
  await su.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename='license_app' and datname=$1`, [t.name]);
  log('term', await p); 
  log('after', await runAsTenant(B, count));
  const q = runAsTenant(A, () => db.tenantTx(async (tx) => { await tx.machine.count(); await su.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename='license_app' and datname=$1`, [t.name]); return tx.machine.count(); })).then((r)=>r, (e: Error) => e.message);
  log('term tx', await q);
  log('after', await runAsTenant(B, count).catch((e: Error)=>e.message));
  log('after', await runAsTenant(B, count).catch((e: Error)=>e.message));
  await su.end();
});
it('maxWait', async () => {
  const hold = runAsTenant(A, () => db.tenant.$transaction(async (tx) => tx.$queryRaw`SELECT 1 as x, pg_sleep(0.3)::text`)).catch((e:Error)=>e.message);
  log('late', await runAsTenant(B, () => db.tenant.$transaction(async (tx) => tx.machine.count(), { maxWait: 50 })).catch((e: Error) => e.message));
  log(await hold);
  log('next', await runAsTenant(B, () => db.tenant.$transaction(async (tx) => tx.machine.count(), { maxWait: 500 })).catch((e: Error) => e.message));
  log('to', await runAsTenant(B, () => db.tenant.$transaction(async (tx) => tx.$queryRaw`SELECT pg_sleep(0.3)::text`, { timeout: 50 })).catch((e: Error) => e.message));
  log('stto', await runAsTenant(B, () => db.tenant.$transaction(async (tx) => tx.$queryRaw`SELECT pg_sleep(0.8)::text`)).catch((e: Error) => e.message));
  log('after', await runAsTenant(B, count).catch((e: Error)=>e.message));
});
it('copy in', async () => {
  log('temp', await runAsTenant(A, () => db.tenantBatch([{ text: 'CREATE TEMP TABLE s2 (a int)' }])).then((r)=>r.length, (e: Error) => e.message));
  log('copyin', await runAsTenant(A, () => db.tenantBatch([{ text: 'COPY s2 FROM STDIN' }])).then((r)=>r.length, (e: Error) => e.message));
  log('after', await Promise.race([runAsTenant(B, count).catch((e: Error)=>e.message), new Promise(r=>setTimeout(()=>r('hung'),2000))]));
});
