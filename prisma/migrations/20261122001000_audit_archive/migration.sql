-- Months of audit entries leave the database once they are archived and the archive was read back (decision record 0013).

-- CreateTable
CREATE TABLE "audit_archives" (
    "month" DATE NOT NULL,
    "manifest" TEXT NOT NULL,
    "manifest_sha256" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "rows" BIGINT,
    "actor_salts" BIGINT,
    "detail_salts" BIGINT,
    "verified_at" TIMESTAMPTZ(3),
    "dropped_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_archives_pkey" PRIMARY KEY ("month")
);

-- CreateTable
CREATE TABLE "audit_chain_cuts" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "first_sequence" BIGINT NOT NULL,
    "previous_hash" BYTEA NOT NULL,
    "last_sequence" BIGINT NOT NULL,
    "last_hash" BYTEA NOT NULL,

    CONSTRAINT "audit_chain_cuts_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "audit_erasures" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "email" TEXT,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "completed_at" TIMESTAMPTZ(3),
    "archives_erased_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_erasures_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "audit_chain_cuts_tenant_id_last_sequence_key" ON "audit_chain_cuts"("tenant_id", "last_sequence");

-- CreateIndex
CREATE UNIQUE INDEX "audit_erasures_tenant_id_user_id_key" ON "audit_erasures"("tenant_id", "user_id");

-- AddForeignKey
ALTER TABLE "audit_chain_cuts" ADD CONSTRAINT "audit_chain_cuts_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_erasures" ADD CONSTRAINT "audit_erasures_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT protect_tenant_table(t::regclass) FROM unnest(ARRAY['audit_chain_cuts', 'audit_erasures']) AS t;

-- What was dropped is written by drop_archived_audit_partition alone, and nobody changes a cut.
GRANT SELECT ON audit_archives TO license_system;
GRANT INSERT (month, manifest, manifest_sha256, created_at) ON audit_archives TO license_system;
GRANT UPDATE (manifest, manifest_sha256, created_at, rows, actor_salts, detail_salts, verified_at) ON audit_archives
  TO license_system;
GRANT SELECT ON audit_chain_cuts, audit_erasures TO license_app;
GRANT SELECT, INSERT ON audit_chain_cuts TO license_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_erasures TO license_system;

-- Drops the partition of a month that is over, if a verified archive holds exactly what it holds: as many entries, as many
-- of them not erased (an erasure takes a salt away, nothing puts one back), and in this transaction a cut was recorded for
-- every one of them. Answers how many they were. That the month is over is told by the database's own clock.
-- While they are counted nobody can write into the partition; audit_logs itself is locked for the drop only.
CREATE FUNCTION drop_archived_audit_partition(month date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  first_day date := date_trunc('month', month)::date;
  partition text := format('audit_logs_%s', to_char(first_day, 'YYYY_MM'));
  archive public.audit_archives;
  held record;
  cut bigint;
BEGIN
  SELECT * INTO archive FROM public.audit_archives a WHERE a.month = first_day FOR UPDATE;
  IF archive.verified_at IS NULL OR archive.dropped_at IS NOT NULL
    OR (first_day + interval '1 month') AT TIME ZONE 'UTC' > clock_timestamp()
  THEN
    RAISE EXCEPTION 'the audit entries of % are kept: there is no verified archive of a month that is over', first_day
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('LOCK TABLE public.%I IN SHARE MODE', partition);
  EXECUTE format('SELECT count(*) AS rows, count(actor_salt) AS actor_salts, count(detail_salt) AS detail_salts FROM public.%I',
    partition) INTO held;
  SELECT coalesce(sum(c.last_sequence - c.first_sequence + 1), 0) INTO cut FROM public.audit_chain_cuts c
    WHERE c.month = first_day;
  IF (held.rows, held.actor_salts, held.detail_salts, cut)
    IS DISTINCT FROM (archive.rows, archive.actor_salts, archive.detail_salts, held.rows)
  THEN
    RAISE EXCEPTION 'the audit entries of % are kept: the archive does not hold what the database holds', first_day
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  EXECUTE format('DROP TABLE public.%I', partition);
  UPDATE public.audit_archives a SET dropped_at = clock_timestamp() WHERE a.month = first_day;
  RETURN held.rows;
END $$;
REVOKE ALL ON FUNCTION drop_archived_audit_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_archived_audit_partition(date) TO license_system;

-- As before; and once no entry is left, the tenant's cuts go.
CREATE OR REPLACE FUNCTION purge_tenant_audit(tenant uuid, at_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  deleted integer;
BEGIN
  -- The lock keeps the tenant from being reopened meanwhile.
  PERFORM FROM public.tenants WHERE id = tenant AND status = 'closed' AND delete_after <= clock_timestamp() FOR SHARE;
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM public.tenants WHERE id = tenant) THEN RETURN 0; END IF;
    RAISE EXCEPTION 'the audit entries of tenant % are kept: it is not due for deletion', tenant
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM public.audit_logs WHERE (tenant_id, occurred_at, id) IN (
    SELECT tenant_id, occurred_at, id FROM public.audit_logs WHERE tenant_id = tenant ORDER BY occurred_at, id LIMIT at_most);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  IF deleted = 0 THEN
    DELETE FROM public.audit_chain_cuts WHERE tenant_id = tenant;
  END IF;
  RETURN deleted;
END $$;
