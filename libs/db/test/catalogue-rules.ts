import type pg from 'pg';
import { OWNER_FUNCTIONS } from '../src/boot-check.js';

/** The only indexes of tenant tables that need not start with `tenant_id`: a sign-in looks users up before the
 *  tenant is known (decision record 0012). */
const SIGN_IN_INDEXES = [
  'users_email_tenant_id_idx',
  'identities_provider_subject_tenant_id_idx',
  'invitations_email_tenant_id_idx',
];

/** Tables without `tenant_id`, each for a reason. A new table must belong to a tenant, or be added here. */
export const GLOBAL_TABLES = [
  'audit_archives',
  'device_authorizations',
  'plans',
  'released_slugs',
  'signing_keys',
  'staff_users',
  'stripe_events',
  'system_settings',
  'tenants',
  '_prisma_migrations',
];

const list = (names: string[]) => names.map((name) => `'${name}'`).join(', ');
const OUTSIDE_SYSTEM = `nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_'`;

// tenant_table is the column that holds the tenant. The table tenants itself is guarded by its id.
const TABLES = `
  WITH our_table AS (
    SELECT c.*, c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.${OUTSIDE_SYSTEM}
  ), tenant_table AS (
    SELECT t.*, a.attnum AS tenant_column, format_type(a.atttypid, a.atttypmod) AS tenant_type, a.attnotnull
    FROM our_table t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  ), app_role AS (
    SELECT rolname AS role FROM pg_roles WHERE rolname IN ('license_app', 'license_system')
  )`;

const OF_TENANT = (column: string) =>
  `(${column} = (NULLIF(current_setting('app.current_tenant_id'::text, true), ''::text))::uuid)`;

const IS_AUDIT_TABLE = `(name = 'audit_logs' OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_logs'::regclass))`;
const SEAL_COLUMNS = [
  'sequence',
  'previous_hash',
  'hash',
  'actor_digest',
  'detail_digest',
  'actor_salt',
  'detail_salt',
];
const ERASED_COLUMNS = ['actor_name', 'ip', 'user_agent', 'before', 'after', 'erased_at'];
/** pg_trigger.tgtype: ROW (1), BEFORE (2), UPDATE (16). */
const BEFORE_UPDATE_OF_A_ROW = 1 + 2 + 16;

/**
 * The rules that every table, view and function must satisfy (docs/database.md). Each query returns the violations, one
 * row with one column `finding` per violation.
 */
export const RULES = {
  'every tenant table, partitions included, has row level security': `${TABLES}
    SELECT name || ': row level security is off' AS finding FROM our_table
    WHERE NOT relrowsecurity AND (oid IN (SELECT oid FROM tenant_table) OR name = 'tenants')`,

  'every tenant table, partitions included, has the two policies and no other': `${TABLES}, guarded AS (
      SELECT oid, name, 'tenant_id' AS key FROM tenant_table UNION ALL SELECT oid, name, 'id' FROM our_table WHERE name = 'tenants'
    ), expected AS (
      SELECT name, 'tenant_isolation for * to license_app' AS policy,
        CASE key WHEN 'id' THEN $$${OF_TENANT('id')}$$ ELSE $$${OF_TENANT('tenant_id')}$$ END AS expression FROM guarded
      UNION ALL SELECT name, 'system_access for * to license_system', 'true' FROM guarded
    ), actual AS (
      SELECT g.name, format('%s for %s to %s', p.polname, p.polcmd, array_to_string(p.polroles::regrole[], ', ')) AS policy,
        pg_get_expr(p.polqual, p.polrelid) AS visible, pg_get_expr(p.polwithcheck, p.polrelid) AS writable, p.polpermissive
      FROM guarded g JOIN pg_policy p ON p.polrelid = g.oid
    )
    SELECT coalesce(e.name, a.name) || ': ' || CASE
        WHEN a.policy IS NULL THEN 'no policy ' || e.policy
        WHEN e.policy IS NULL THEN 'unexpected policy ' || a.policy
        ELSE format('policy %s using %s with check %s', a.policy, a.visible, a.writable) END AS finding
    FROM expected e FULL JOIN actual a ON a.name = e.name AND a.policy = e.policy
    WHERE (a.visible = e.expression AND a.writable = e.expression AND a.polpermissive) IS NOT TRUE`,

  'every primary key starts with a tenant_id that is a uuid': `${TABLES}
    SELECT name || CASE WHEN i.indrelid IS NULL THEN ': no primary key' WHEN t.tenant_type <> 'uuid' THEN ': tenant_id is no uuid'
        ELSE ': primary key does not start with tenant_id' END AS finding
    FROM tenant_table t LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
    WHERE i.indrelid IS NULL OR i.indkey[0] <> t.tenant_column OR t.tenant_type <> 'uuid' OR NOT t.attnotnull`,

  'every index of a tenant table starts with tenant_id': `${TABLES}
    SELECT name || ': index ' || i.indexrelid::regclass AS finding FROM tenant_table t JOIN pg_index i ON i.indrelid = t.oid
    WHERE i.indkey[0] <> t.tenant_column
      AND (i.indisunique OR i.indexrelid::regclass::text NOT IN (${SIGN_IN_INDEXES.map((name) => `'${name}'`).join(', ')}))`,

  'every foreign key of a tenant table carries tenant_id along': `${TABLES}
    SELECT f.conrelid::regclass || ': foreign key ' || f.conname || CASE
        WHEN child.oid IS NULL THEN ' points from a global table into a tenant''s' ELSE ' does not carry tenant_id along' END AS finding
    FROM pg_constraint f
    LEFT JOIN tenant_table child ON child.oid = f.conrelid
    LEFT JOIN tenant_table parent ON parent.oid = f.confrelid
    WHERE f.contype = 'f' AND (child.oid IS NOT NULL OR parent.oid IS NOT NULL)
      AND (child.oid IS NOT NULL AND f.conkey[1] = child.tenant_column
        AND (parent.oid IS NULL OR f.confkey[1] = parent.tenant_column)) IS NOT TRUE`,

  'no foreign key sets columns to null or to a default': `
    SELECT conrelid::regclass || ': foreign key ' || conname AS finding FROM pg_constraint
    WHERE contype = 'f' AND (confdeltype IN ('n', 'd') OR confupdtype IN ('n', 'd'))`,

  'no trigger and no rewrite rule exists, except the one that guards audit entries': `${TABLES}
    SELECT tgrelid::regclass || ': trigger ' || tgname AS finding FROM pg_trigger
      WHERE NOT tgisinternal AND tgfoid <> to_regproc('guard_audit_log')
    UNION ALL SELECT name || ': no trigger guard_audit_log' FROM our_table t WHERE ${IS_AUDIT_TABLE} AND NOT EXISTS (
      SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgfoid = to_regproc('guard_audit_log')
        AND g.tgenabled = 'O' AND g.tgtype = ${BEFORE_UPDATE_OF_A_ROW} AND g.tgqual IS NULL AND g.tgattr = '')
    UNION ALL SELECT r.ev_class::regclass || ': rule ' || r.rulename FROM pg_rewrite r
      JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.${OUTSIDE_SYSTEM} AND c.relkind IN ('r', 'p')
    UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger`,

  'every view runs with the rights of its reader': `
    SELECT c.oid::regclass || ': ' || CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view without security_invoker' END AS finding
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.${OUTSIDE_SYSTEM} AND (c.relkind = 'm' OR c.relkind = 'v' AND NOT EXISTS (
      SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker' AND option_value::boolean))`,

  'only the known functions run with the rights of their owner, and the application may not call them': `
    SELECT p.oid::regprocedure::text AS finding FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.${OUTSIDE_SYSTEM} AND p.prosecdef
      AND (p.proname NOT IN (${list(OWNER_FUNCTIONS)}) OR has_function_privilege('license_app', p.oid, 'EXECUTE'))`,

  'no role may truncate': `${TABLES}
    SELECT name || ': TRUNCATE for ' || role AS finding FROM our_table, app_role WHERE has_table_privilege(role, oid, 'TRUNCATE')`,

  'audit entries are added unsealed and never deleted; only license_system seals and erases them': `${TABLES}
    SELECT format('%s: %s for %s', name, privilege, role) AS finding
    FROM our_table t, app_role, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS privilege
    WHERE ${IS_AUDIT_TABLE} AND has_table_privilege(role, oid, privilege)
    UNION ALL SELECT format('%s: %s(%s) for %s', name, privilege, attname, role)
    FROM our_table t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped, app_role,
      unnest(ARRAY['INSERT', 'UPDATE']) AS privilege
    WHERE ${IS_AUDIT_TABLE} AND has_column_privilege(role, oid, attnum, privilege) AND NOT has_table_privilege(role, oid, privilege)
      AND NOT (name = 'audit_logs' AND CASE privilege
        WHEN 'INSERT' THEN attname NOT IN (${list(SEAL_COLUMNS)}, 'erased_at')
        ELSE role = 'license_system' AND attname IN (${list([...SEAL_COLUMNS, ...ERASED_COLUMNS])}) END)`,

  'nothing is granted on a partition itself': `
    SELECT format('%s: %s for %s', c.oid::regclass, acl.privilege_type,
      CASE acl.grantee WHEN 0 THEN 'everyone' ELSE acl.grantee::regrole::text END) AS finding
    FROM pg_class c, aclexplode(c.relacl) acl WHERE c.relispartition AND acl.grantee <> c.relowner`,

  'the application has no rights on tables of staff and billing': `
    SELECT format('%s: %s', target, privilege) AS finding
    FROM unnest(ARRAY['staff_users', 'stripe_events', 'system_settings', '_prisma_migrations']) AS target,
      unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
    WHERE has_table_privilege('license_app', target, privilege)
      OR privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege('license_app', target, privilege)`,

  'the application roles own nothing and can create nothing': `
    SELECT format('%s owns %s', c.relowner::regrole, c.oid::regclass) AS finding FROM pg_class c
      WHERE c.relowner IN ('license_app'::regrole, 'license_system'::regrole)
    UNION ALL SELECT format('%s may create objects in schema %s', role, nspname)
      FROM pg_namespace n, unnest(ARRAY['license_app', 'license_system']) AS role
      WHERE n.${OUTSIDE_SYSTEM} AND has_schema_privilege(role, n.oid, 'CREATE')
    UNION ALL SELECT format('%s is a member of %s', member::regrole, roleid::regrole) FROM pg_auth_members
      WHERE member IN ('license_app'::regrole, 'license_system'::regrole)`,

  'a table without tenant_id is listed as global': `${TABLES}
    SELECT coalesce(t.name, g.name) || CASE WHEN t.name IS NULL THEN ': no such table' ELSE ': neither tenant_id nor listed as global' END
      AS finding
    FROM (SELECT name FROM our_table WHERE oid NOT IN (SELECT oid FROM tenant_table)) t
    FULL JOIN unnest(ARRAY[${list(GLOBAL_TABLES)}]) AS g(name) ON g.name = t.name
    WHERE t.name IS NULL OR g.name IS NULL`,
} satisfies Record<string, string>;

export type Rule = keyof typeof RULES;

/** The violations of one rule, in alphabetical order. */
export async function findings(client: pg.ClientBase, rule: Rule): Promise<string[]> {
  const { rows } = await client.query<{ finding: string }>(RULES[rule]);
  return rows.map(({ finding }) => finding).toSorted();
}
