import type pg from 'pg';

/** The functions that run with the rights of the table owner. license_system needs them, and no grant can express them. */
export const OWNER_FUNCTIONS = ['create_audit_partition', 'drop_archived_audit_partition', 'purge_tenant_audit'];
const OWNER_FUNCTION_NAMES = OWNER_FUNCTIONS.map((name) => `'${name}'`).join(', ');

const PROBLEMS = `
  SELECT 'it is, or may become, one that bypasses row level security:' AS problem, rolname::text AS name
    FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')
  UNION ALL
  SELECT 'it owns, or is a member of the owner of,', c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND pg_has_role(current_user, c.relowner, 'MEMBER')
  UNION ALL
  SELECT 'it is a member of', r.rolname FROM pg_roles r
    WHERE r.rolname = 'license_system' AND r.rolname <> current_user AND pg_has_role(current_user, r.oid, 'MEMBER')
  UNION ALL
  SELECT 'no row level security or no policy on tenant table', c.relname
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND (c.relname = 'tenants' OR EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
      AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
  UNION ALL
  SELECT 'a view with the rights of its owner', c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace
      AND (c.relkind = 'm' OR c.relkind = 'v' AND coalesce(c.reloptions::text, '') !~ 'security_invoker=(true|on|1)')
  UNION ALL
  SELECT 'a function with the rights of its owner', p.proname FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND has_function_privilege(p.oid, 'EXECUTE')
      AND NOT (p.proname IN (${OWNER_FUNCTION_NAMES}) AND current_user = 'license_system')
  UNION ALL
  SELECT 'the database is not migrated: there is no table', 'license_sessions'
    WHERE to_regclass('public.license_sessions') IS NULL`;

/**
 * Refuses a role for which tenant isolation would not hold. Row level security without FORCE does not apply to a table's
 * owner, and never to a superuser or a BYPASSRLS role (PostgreSQL documentation, "Row Security Policies").
 * @throws Error that lists every problem found
 */
export async function assertIsolation(db: Pick<pg.Pool, 'query'>): Promise<void> {
  const { rows } = await db.query<{ problem: string; name: string }>(PROBLEMS);
  if (rows.length === 0) return;
  const { rows: who } = await db.query<{ role: string }>('SELECT current_user AS role');
  const reasons = rows.map(({ problem, name }) => `${problem} ${name}`).join('; ');
  throw new Error(`database role "${who[0]?.role}" is refused: ${reasons}`);
}
