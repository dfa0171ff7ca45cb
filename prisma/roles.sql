-- Once per cluster, as a superuser, before the first migration; running it again changes nothing. Roles are cluster-wide,
-- so they stay out of the migration history (prisma's shadow database replays that history).
-- Outside trust-authenticated development give every role a password or an IAM login of its own.
DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['license_owner', 'license_app', 'license_system'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB', role);
    END IF;
  END LOOP;
END $$;
-- `prisma migrate dev` creates a shadow database. Leave this out in production, where only `migrate deploy` runs.
ALTER ROLE license_owner CREATEDB;
