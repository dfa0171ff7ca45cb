-- Run this once per cluster, as a superuser, before the first migration. Running it again changes nothing. Roles belong to
-- the whole cluster, so they are not part of the migrations, which Prisma replays in a shadow database.
-- Except in development with trust authentication, give every role a password or an IAM login.
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
