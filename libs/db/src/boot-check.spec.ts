import { Client } from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { databaseUrls } from '@coditect/local-stack/database';
import { openDatabase } from '../test/open-database.js';
import { assertIsolation } from './boot-check.js';
import { Database } from './database.js';

const { db, urls, superuserUrl } = await openDatabase();
const superuser = new Client({ connectionString: superuserUrl });
await superuser.connect();
afterAll(() => superuser.end());

/** The error with which a process that uses these two roles refuses to start. */
async function refusal(appUrl: string, systemUrl: string): Promise<string> {
  const started = new Database({ appUrl, systemUrl });
  try {
    await started.assertIsolation();
    return 'none';
  } catch (error) {
    return String(error);
  } finally {
    await started.close();
  }
}

describe('a process that connects', () => {
  it('as license_app and license_system is accepted, and its connections stay usable', async () => {
    await db.assertIsolation();
    await db.assertIsolation();

    expect(await db.tenant.license.count()).toBe(0);
  });

  it('as the owner of the tables is refused: row level security does not apply to it', async () => {
    expect(await refusal(urls.owner, urls.system)).toMatch(
      /role "license_owner" is refused: .*it owns, or is a member of the owner of, licenses;/,
    );
    expect(await refusal(urls.app, urls.owner)).toMatch(/role "license_owner" is refused/);
  });

  it('as a superuser is refused', async () => {
    expect(await refusal(superuserUrl, urls.system)).toMatch(
      /role "postgres" is refused: it is, or may become, one that bypasses row level security: postgres;/,
    );
  });

  it('to a database without migrations is refused', async () => {
    const { app, system } = databaseUrls(inject('superuserUrl'), 'postgres');

    expect(await refusal(app, system)).toBe(
      'Error: database role "license_app" is refused: the database is not migrated: there is no table license_sessions',
    );
  });
});

describe('license_app is refused', () => {
  beforeEach(() => superuser.query('BEGIN'));
  afterEach(() => superuser.query('ROLLBACK'));

  async function check(role: string): Promise<void> {
    await superuser.query(`SET LOCAL ROLE ${role}`);
    await assertIsolation(superuser);
  }

  it.each([
    [
      'when it bypasses row level security',
      'ALTER ROLE license_app BYPASSRLS',
      'it is, or may become, one that bypasses row level security: license_app',
    ],
    [
      'when it may become a role that bypasses row level security',
      'CREATE ROLE report_reader BYPASSRLS; GRANT report_reader TO license_app',
      'it is, or may become, one that bypasses row level security: report_reader',
    ],
    [
      'when it is a member of license_system',
      'GRANT license_system TO license_app',
      'it is a member of license_system',
    ],
    [
      'when it is a member of license_system by way of another role',
      'CREATE ROLE workers; GRANT license_system TO workers; GRANT workers TO license_app',
      'it is a member of license_system',
    ],
    [
      'when it owns a table',
      'CREATE TABLE notes (id uuid); ALTER TABLE notes OWNER TO license_app',
      'it owns, or is a member of the owner of, notes',
    ],
    [
      'when a tenant table has no row level security',
      'ALTER TABLE projects DISABLE ROW LEVEL SECURITY',
      'no row level security or no policy on tenant table projects',
    ],
    [
      'when a new tenant table was not protected',
      'CREATE TABLE notes (tenant_id uuid, id uuid)',
      'no row level security or no policy on tenant table notes',
    ],
    [
      'when a partition was not protected',
      "CREATE TABLE audit_logs_2001_01 PARTITION OF audit_logs FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')",
      'no row level security or no policy on tenant table audit_logs_2001_01',
    ],
    [
      'when a tenant table has no policy',
      'DROP POLICY tenant_isolation ON projects; DROP POLICY system_access ON projects',
      'no row level security or no policy on tenant table projects',
    ],
    [
      'when the tenants themselves are not protected',
      'ALTER TABLE tenants DISABLE ROW LEVEL SECURITY',
      'no row level security or no policy on tenant table tenants',
    ],
    [
      'when a view runs with the rights of its owner',
      'CREATE VIEW emails AS SELECT email FROM users',
      'a view with the rights of its owner emails',
    ],
    [
      'when there is a materialized view',
      'CREATE MATERIALIZED VIEW emails AS SELECT email FROM users',
      'a view with the rights of its owner emails',
    ],
    [
      'when a function it may call runs with the rights of its owner',
      "CREATE FUNCTION all_users() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM users'",
      'a function with the rights of its owner all_users',
    ],
    [
      'when it may create partitions',
      'GRANT EXECUTE ON FUNCTION create_audit_partition TO license_app',
      'a function with the rights of its owner create_audit_partition',
    ],
    [
      'when it may delete audit entries',
      'GRANT EXECUTE ON FUNCTION purge_tenant_audit TO license_app',
      'a function with the rights of its owner purge_tenant_audit',
    ],
    [
      'when it may drop archived audit entries',
      'GRANT EXECUTE ON FUNCTION drop_archived_audit_partition TO license_app',
      'a function with the rights of its owner drop_archived_audit_partition',
    ],
  ])('%s', async (_when, sql, reason) => {
    await superuser.query(sql);

    await expect(check('license_app')).rejects.toThrow(`database role "license_app" is refused: ${reason}`);
  });

  it('with all its reasons at once', async () => {
    await superuser.query('GRANT license_system TO license_app; ALTER TABLE projects DISABLE ROW LEVEL SECURITY');

    await expect(check('license_app')).rejects.toThrow(
      'it is a member of license_system; no row level security or no policy on tenant table projects',
    );
  });

  it.each([
    [
      'a view that runs with the rights of its reader',
      'CREATE VIEW emails WITH (security_invoker) AS SELECT email FROM users',
    ],
    [
      'a function it may not call',
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC",
    ],
    ['a protected table', 'CREATE TABLE notes (tenant_id uuid); SELECT protect_tenant_table($$notes$$::regclass)'],
  ])('not because of %s', async (_what, sql) => {
    await superuser.query(sql);

    await expect(check('license_app')).resolves.toBeUndefined();
  });
});
