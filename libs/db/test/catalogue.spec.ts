import { Client } from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findings, type Rule, RULES } from './catalogue-rules.js';
import { openDatabase } from './open-database.js';

const { superuserUrl, db } = await openDatabase();
const client = new Client({ connectionString: superuserUrl });
await client.connect();
afterAll(() => client.end());

/** A mistake that a migration could contain, and the finding that the rule must report. */
interface Mistake {
  sql: string;
  found: string[];
}
const TENANT = 'tenant_id uuid NOT NULL';
const mistake = (sql: string, ...found: string[]): Mistake => ({ sql, found });

const setting = (action: string) =>
  mistake(
    `ALTER TABLE denials ADD CONSTRAINT who FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ${action}`,
    'denials: foreign key who',
  );

const MISTAKES: Record<Rule, [Mistake, ...Mistake[]]> = {
  'every tenant table, partitions included, has row level security': [
    mistake(`CREATE TABLE notes (${TENANT})`, 'notes: row level security is off'),
    mistake(`ALTER TABLE licenses DISABLE ROW LEVEL SECURITY`, 'licenses: row level security is off'),
    mistake(`ALTER TABLE tenants DISABLE ROW LEVEL SECURITY`, 'tenants: row level security is off'),
    mistake(
      `CREATE TABLE audit_logs_2001_01 PARTITION OF audit_logs FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')`,
      'audit_logs_2001_01: row level security is off',
    ),
    mistake(`CREATE SCHEMA other; CREATE TABLE other.notes (${TENANT})`, 'other.notes: row level security is off'),
  ],
  'every tenant table, partitions included, has the two policies and no other': [
    mistake(
      `CREATE TABLE notes (${TENANT})`,
      'notes: no policy system_access for * to license_system',
      'notes: no policy tenant_isolation for * to license_app',
    ),
    mistake(`CREATE POLICY all_rows ON users TO PUBLIC USING (true)`, 'users: unexpected policy all_rows for * to -'),
    mistake(
      `ALTER POLICY tenant_isolation ON users TO license_app, license_system`,
      'users: no policy tenant_isolation for * to license_app',
      'users: unexpected policy tenant_isolation for * to license_app, license_system',
    ),
    mistake(
      `ALTER POLICY tenant_isolation ON users USING (true)`,
      "users: policy tenant_isolation for * to license_app using true with check (tenant_id = (NULLIF(current_setting('app.current_tenant_id'::text, true), ''::text))::uuid)",
    ),
    mistake(
      `ALTER POLICY tenant_isolation ON users WITH CHECK (true)`,
      "users: policy tenant_isolation for * to license_app using (tenant_id = (NULLIF(current_setting('app.current_tenant_id'::text, true), ''::text))::uuid) with check true",
    ),
    mistake(
      `ALTER POLICY tenant_isolation ON tenants USING (true) WITH CHECK (true)`,
      'tenants: policy tenant_isolation for * to license_app using true with check true',
    ),
    mistake(
      `DROP POLICY tenant_isolation ON users;
       CREATE POLICY tenant_isolation ON users AS RESTRICTIVE TO license_app
         USING (tenant_id = nullif(current_setting('app.current_tenant_id', true), '')::uuid)
         WITH CHECK (tenant_id = nullif(current_setting('app.current_tenant_id', true), '')::uuid)`,
      "users: policy tenant_isolation for * to license_app using (tenant_id = (NULLIF(current_setting('app.current_tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('app.current_tenant_id'::text, true), ''::text))::uuid)",
    ),
  ],
  'every primary key starts with a tenant_id that is a uuid': [
    mistake(`CREATE TABLE notes (${TENANT})`, 'notes: no primary key'),
    mistake(
      `CREATE TABLE notes (${TENANT}, id uuid, PRIMARY KEY (id, tenant_id))`,
      'notes: primary key does not start with tenant_id',
    ),
    mistake(`CREATE TABLE notes (tenant_id text PRIMARY KEY)`, 'notes: tenant_id is no uuid'),
  ],
  'every index of a tenant table starts with tenant_id': [
    mistake(`ALTER TABLE users ADD UNIQUE (email)`, 'users: index users_email_key'),
    mistake(`ALTER TABLE users ADD UNIQUE (email, tenant_id)`, 'users: index users_email_tenant_id_key'),
    mistake(`CREATE UNIQUE INDEX lower_email ON users (lower(email))`, 'users: index lower_email'),
    mistake(`CREATE INDEX by_name ON users (name)`, 'users: index by_name'),
  ],
  'every foreign key of a tenant table carries tenant_id along': [
    mistake(
      `ALTER TABLE users ADD UNIQUE (id); ALTER TABLE denials ADD CONSTRAINT who FOREIGN KEY (user_id) REFERENCES users (id)`,
      'denials: foreign key who does not carry tenant_id along',
    ),
    mistake(
      `ALTER TABLE denials ADD CONSTRAINT who FOREIGN KEY (user_id, tenant_id) REFERENCES users (id, tenant_id)`,
      'denials: foreign key who does not carry tenant_id along',
    ),
    mistake(
      `ALTER TABLE users ADD UNIQUE (id, tenant_id);
       ALTER TABLE denials ADD CONSTRAINT who FOREIGN KEY (tenant_id, user_id) REFERENCES users (id, tenant_id)`,
      'denials: foreign key who does not carry tenant_id along',
    ),
    mistake(
      `ALTER TABLE licenses ADD CONSTRAINT priced FOREIGN KEY (plan_tier) REFERENCES plans (tier)`,
      'licenses: foreign key priced does not carry tenant_id along',
    ),
    mistake(
      `ALTER TABLE users ADD UNIQUE (id); ALTER TABLE tenants ADD founder uuid CONSTRAINT founder REFERENCES users (id)`,
      "tenants: foreign key founder points from a global table into a tenant's",
    ),
  ],
  'no foreign key sets columns to null or to a default': [
    setting('ON DELETE SET NULL'),
    setting('ON DELETE SET NULL (user_id)'),
    setting('ON DELETE SET DEFAULT'),
    setting('ON UPDATE SET NULL'),
  ],
  'no trigger and no rewrite rule exists, except the one that guards audit entries': [
    mistake(
      `CREATE TRIGGER late BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
      'users: trigger late',
    ),
    mistake(`CREATE RULE kept AS ON DELETE TO users DO INSTEAD NOTHING`, 'users: rule kept'),
    mistake(
      `SELECT create_audit_partition('2001-01-01'); ALTER TABLE audit_logs_2001_01 DISABLE TRIGGER guard_audit_log`,
      'audit_logs_2001_01: no trigger guard_audit_log',
    ),
    mistake(`ALTER TABLE ONLY audit_logs DISABLE TRIGGER guard_audit_log`, 'audit_logs: no trigger guard_audit_log'),
  ],
  'every view runs with the rights of its reader': [
    mistake(`CREATE VIEW emails AS SELECT email FROM users`, 'emails: view without security_invoker'),
    mistake(
      `CREATE VIEW emails WITH (security_invoker = false) AS SELECT email FROM users`,
      'emails: view without security_invoker',
    ),
    mistake(`CREATE VIEW emails WITH (security_invoker = on) AS SELECT email FROM users`),
    mistake(`CREATE MATERIALIZED VIEW emails AS SELECT email FROM users`, 'emails: materialized view'),
  ],
  'only the known functions run with the rights of their owner, and the application may not call them': [
    mistake(
      `CREATE FUNCTION all_users() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM users'`,
      'all_users()',
    ),
    mistake(`GRANT EXECUTE ON FUNCTION create_audit_partition TO license_app`, 'create_audit_partition(date)'),
    mistake(`GRANT EXECUTE ON FUNCTION create_audit_partition TO PUBLIC`, 'create_audit_partition(date)'),
    mistake(`GRANT EXECUTE ON FUNCTION purge_tenant_audit TO PUBLIC`, 'purge_tenant_audit(uuid,integer)'),
    mistake(
      `GRANT EXECUTE ON FUNCTION drop_archived_audit_partition TO license_app`,
      'drop_archived_audit_partition(date)',
    ),
  ],
  'no role may truncate': [
    mistake(`GRANT TRUNCATE ON projects TO license_app`, 'projects: TRUNCATE for license_app'),
    mistake(`GRANT ALL ON projects TO license_system`, 'projects: TRUNCATE for license_system'),
    mistake(
      `GRANT TRUNCATE ON projects TO PUBLIC`,
      'projects: TRUNCATE for license_app',
      'projects: TRUNCATE for license_system',
    ),
  ],
  'audit entries are added unsealed and never deleted; only license_system seals and erases them': [
    mistake(`GRANT UPDATE ON audit_logs TO license_app`, 'audit_logs: UPDATE for license_app'),
    mistake(`GRANT UPDATE (action) ON audit_logs TO license_app`, 'audit_logs: UPDATE(action) for license_app'),
    mistake(`GRANT UPDATE (hash) ON audit_logs TO license_app`, 'audit_logs: UPDATE(hash) for license_app'),
    mistake(`GRANT UPDATE (action) ON audit_logs TO license_system`, 'audit_logs: UPDATE(action) for license_system'),
    mistake(`GRANT UPDATE ON audit_logs TO license_system`, 'audit_logs: UPDATE for license_system'),
    mistake(`GRANT INSERT ON audit_logs TO license_app`, 'audit_logs: INSERT for license_app'),
    mistake(`GRANT INSERT (sequence) ON audit_logs TO license_app`, 'audit_logs: INSERT(sequence) for license_app'),
    mistake(`GRANT DELETE ON audit_logs TO license_system`, 'audit_logs: DELETE for license_system'),
    mistake(
      `SELECT create_audit_partition('2001-01-01'); GRANT DELETE ON audit_logs_2001_01 TO license_system`,
      'audit_logs_2001_01: DELETE for license_system',
    ),
    mistake(
      `SELECT create_audit_partition('2001-01-01'); GRANT UPDATE (hash) ON audit_logs_2001_01 TO license_system`,
      'audit_logs_2001_01: UPDATE(hash) for license_system',
    ),
  ],
  'nothing is granted on a partition itself': [
    mistake(
      `SELECT create_audit_partition('2001-01-01'); GRANT SELECT ON audit_logs_2001_01 TO license_app`,
      'audit_logs_2001_01: SELECT for license_app',
    ),
    mistake(
      `SELECT create_audit_partition('2001-01-01'); GRANT SELECT ON audit_logs_2001_01 TO PUBLIC`,
      'audit_logs_2001_01: SELECT for everyone',
    ),
  ],
  'the application has no rights on tables of staff and billing': [
    mistake(`GRANT SELECT ON staff_users TO license_app`, 'staff_users: SELECT'),
    mistake(`GRANT SELECT (email) ON staff_users TO license_app`, 'staff_users: SELECT'),
    mistake(`GRANT INSERT ON stripe_events TO PUBLIC`, 'stripe_events: INSERT'),
    mistake(`GRANT UPDATE ON system_settings TO license_app`, 'system_settings: UPDATE'),
  ],
  'the application roles own nothing and can create nothing': [
    mistake(`GRANT CREATE ON SCHEMA public TO license_system`, 'license_system may create objects in schema public'),
    mistake(
      `GRANT CREATE ON SCHEMA public TO PUBLIC`,
      'license_app may create objects in schema public',
      'license_system may create objects in schema public',
    ),
    mistake(
      `RESET ROLE; GRANT license_owner TO license_app`,
      'license_app is a member of license_owner',
      'license_app may create objects in schema public',
    ),
    mistake(`RESET ROLE; GRANT license_system TO license_app`, 'license_app is a member of license_system'),
    mistake(`RESET ROLE; CREATE TABLE mine (); ALTER TABLE mine OWNER TO license_app`, 'license_app owns mine'),
  ],
  'a table without tenant_id is listed as global': [
    mistake(`CREATE TABLE notes (id uuid)`, 'notes: neither tenant_id nor listed as global'),
    mistake(
      `ALTER TABLE usage_samples DROP tenant_id CASCADE`,
      'usage_samples: neither tenant_id nor listed as global',
    ),
    mistake(`DROP TABLE system_settings`, 'system_settings: no such table'),
  ],
};

describe.each(Object.keys(RULES) as Rule[])('%s', (rule) => {
  // Run as the role of the migrations. Mistakes that start with RESET ROLE need a superuser.
  beforeEach(() => client.query('BEGIN; SET LOCAL ROLE license_owner'));
  afterEach(() => client.query('ROLLBACK'));

  it('is satisfied by the migrated database', async () => {
    expect(await findings(client, rule)).toEqual([]);
  });

  it.each(MISTAKES[rule])('finds $sql', async ({ sql, found }) => {
    await client.query(sql);

    expect(await findings(client, rule)).toEqual(found);
  });
});

it('a partition that the worker adds satisfies all rules', async () => {
  await db.systemQuery(`SELECT create_audit_partition('2041-05-17'), create_audit_partition('2041-05-01')`);

  const { rows } = await client.query(
    `SELECT inhrelid::regclass::text AS partition, pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'audit_logs'::regclass AND relname ~ '2041'`,
  );
  expect(rows).toEqual([
    {
      partition: 'audit_logs_2041_05',
      bound: `FOR VALUES FROM ('2041-05-01 00:00:00+00') TO ('2041-06-01 00:00:00+00')`,
    },
  ]);
  for (const rule of Object.keys(RULES) as Rule[]) expect(await findings(client, rule)).toEqual([]);
});
