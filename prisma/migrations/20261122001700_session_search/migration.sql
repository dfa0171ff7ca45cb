-- License sessions are searched by the beginning of a machine id: what begins so lies between two texts, in the order of
-- bytes. Both columns, because texts of two orders are not compared. No table is rewritten.

ALTER TABLE "machines" ALTER COLUMN "machine_id" TYPE TEXT COLLATE "C";
ALTER TABLE "license_sessions" ALTER COLUMN "machine_id" TYPE TEXT COLLATE "C";

-- CreateIndex
CREATE INDEX "license_sessions_tenant_id_machine_id_idx" ON "license_sessions"("tenant_id", "machine_id");
