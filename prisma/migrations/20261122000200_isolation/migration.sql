-- Tenant isolation: who may touch what. RLS is ENABLED and not FORCED: license_owner, which runs migrations and nothing
-- else, must be able to see what it migrates, and the applications' roles never own a table (checked at boot by libs/db).

GRANT USAGE ON SCHEMA public TO license_app, license_system;

-- Tenant context. Transaction-local on purpose: a pooled connection must not carry a tenant into the next request.
CREATE FUNCTION set_current_tenant(tenant uuid) RETURNS void LANGUAGE sql AS
  $$ SELECT set_config('app.current_tenant_id', coalesce(tenant::text, ''), true) $$;
CREATE FUNCTION clear_current_tenant() RETURNS void LANGUAGE sql AS
  $$ SELECT set_config('app.current_tenant_id', '', true) $$;
-- nullif: after a transaction that set it, the setting reads '' and not NULL. No context: no row, and writes fail.
CREATE FUNCTION current_tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.current_tenant_id', true), '')::uuid $$;

-- The two policies of every tenant table, and of every partition (a partition read directly ignores its parent's).
CREATE FUNCTION protect_tenant_table(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format(
    'CREATE POLICY tenant_isolation ON %s TO license_app '
    'USING (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')::uuid) '
    'WITH CHECK (tenant_id = nullif(current_setting(''app.current_tenant_id'', true), '''')::uuid)', target);
  EXECUTE format('CREATE POLICY system_access ON %s TO license_system USING (true) WITH CHECK (true)', target);
END $$;
REVOKE ALL ON FUNCTION protect_tenant_table(regclass) FROM PUBLIC;

SELECT protect_tenant_table(t::regclass) FROM unnest(ARRAY[
  'users', 'identities', 'invitations', 'refresh_tokens', 'api_keys', 'licenses', 'license_sessions', 'machines',
  'projects', 'subscriptions', 'audit_logs', 'usage_samples', 'denials', 'outbox']) AS t;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenants TO license_app
  USING (id = nullif(current_setting('app.current_tenant_id', true), '')::uuid)
  WITH CHECK (id = nullif(current_setting('app.current_tenant_id', true), '')::uuid);
CREATE POLICY system_access ON tenants TO license_system USING (true) WITH CHECK (true);

-- Grants: each role gets what its work needs. Never TRUNCATE, which ignores policies. audit_logs is append-only for both.
GRANT SELECT ON plans, signing_keys TO license_app;
GRANT SELECT, UPDATE (name, updated_at) ON tenants TO license_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  users, identities, invitations, refresh_tokens, api_keys, projects TO license_app;
GRANT SELECT, INSERT, UPDATE ON license_sessions, machines TO license_app;
-- A tenant cannot change what it bought. UPDATE on one column, because SELECT … FOR SHARE asks for it.
GRANT SELECT, UPDATE (updated_at) ON licenses TO license_app;
GRANT SELECT ON subscriptions, usage_samples TO license_app;
GRANT SELECT, INSERT ON audit_logs, denials, outbox TO license_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON
  tenants, plans, staff_users, stripe_events, system_settings, signing_keys, users, identities, invitations,
  refresh_tokens, api_keys, licenses, license_sessions, machines, projects, subscriptions, usage_samples, denials,
  outbox TO license_system;
GRANT SELECT, INSERT ON audit_logs TO license_system;

-- Monthly partitions of audit_logs. Only the table's owner can create them, and the worker that does it runs as
-- license_system: this is the one SECURITY DEFINER function. It reads and returns no data.
CREATE FUNCTION create_audit_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  first_day date := date_trunc('month', month)::date;
  partition text := format('audit_logs_%s', to_char(first_day, 'YYYY_MM'));
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('create_audit_partition', 0)); -- two workers may start at once
  IF to_regclass(format('public.%I', partition)) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_logs FOR VALUES FROM (%L) TO (%L)',
    partition, first_day::timestamp AT TIME ZONE 'UTC', (first_day + interval '1 month')::timestamp AT TIME ZONE 'UTC');
  PERFORM public.protect_tenant_table(format('public.%I', partition)::regclass);
END $$;
REVOKE ALL ON FUNCTION create_audit_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_audit_partition(date) TO license_system;

-- From last month to two years ahead; the worker keeps extending it.
SELECT create_audit_partition((now() + make_interval(months => n))::date) FROM generate_series(-1, 24) AS n;

-- What each plan tier gives until staff change it.
INSERT INTO plans (tier, name, seats, max_users, max_projects, features) VALUES
  ('free', 'Free', 1, 3, 2, ARRAY['editor']),
  ('pro', 'Pro', 5, 10, 20, ARRAY['editor', 'agents']),
  ('team', 'Team', 25, 50, 100, ARRAY['editor', 'agents', 'collaboration']),
  ('enterprise', 'Enterprise', 250, 1000, 1000, ARRAY['editor', 'agents', 'collaboration', 'sso', 'audit-export']);
