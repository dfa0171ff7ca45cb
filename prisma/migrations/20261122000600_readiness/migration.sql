-- Readiness asks which migrations are applied. Prisma's table is not there when it replays the history for a comparison.
DO $$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    GRANT SELECT (migration_name, finished_at, rolled_back_at) ON _prisma_migrations TO license_system;
  END IF;
END $$;
