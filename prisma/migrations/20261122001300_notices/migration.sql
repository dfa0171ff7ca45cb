-- What an organization has been told by e-mail about a license, so that it is told once.

-- CreateTable
CREATE TABLE "notices" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "license_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notices_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "notices_tenant_id_license_id_kind_day_key" ON "notices"("tenant_id", "license_id", "kind", "day");

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notices" ADD CONSTRAINT "notices_tenant_id_license_id_fkey" FOREIGN KEY ("tenant_id", "license_id") REFERENCES "licenses"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Isolation and grants, as for every tenant table. The application reads it, for exports.
SELECT protect_tenant_table('notices');
GRANT SELECT ON notices TO license_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO license_system;
