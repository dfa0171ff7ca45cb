-- Names are listed as people order them, whatever the locale of the database: Ärzte before Zebra, case last (the root order
-- of Unicode, by ICU). Equal is still only what is the same. No table is rewritten.

ALTER TABLE "users" ALTER COLUMN "name" TYPE TEXT COLLATE "und-x-icu";
ALTER TABLE "projects" ALTER COLUMN "name" TYPE TEXT COLLATE "und-x-icu";
ALTER TABLE "api_keys" ALTER COLUMN "name" TYPE TEXT COLLATE "und-x-icu";

-- CreateIndex
CREATE INDEX "users_tenant_id_name_id_idx" ON "users"("tenant_id", "name", "id");

-- CreateIndex
CREATE INDEX "projects_tenant_id_name_id_idx" ON "projects"("tenant_id", "name", "id");
