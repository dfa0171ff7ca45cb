-- License sessions are searched by the beginning of a machine id; the index serves the whole id as well.

-- CreateIndex
CREATE INDEX "license_sessions_tenant_id_machine_id_idx" ON "license_sessions"("tenant_id", "machine_id" text_pattern_ops);
