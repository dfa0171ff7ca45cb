-- What is left of usage samples after their retention: hours and days. The worker writes them, tenants only read.

-- CreateTable
CREATE TABLE "usage_hours" (
    "tenant_id" UUID NOT NULL,
    "license_id" UUID NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "seats_total" INTEGER NOT NULL,
    "seats_in_use_peak" INTEGER NOT NULL,
    "seats_in_use_mean" DOUBLE PRECISION NOT NULL,
    "acquires" INTEGER NOT NULL,
    "denials" INTEGER NOT NULL,
    "unique_users" INTEGER NOT NULL,
    "unique_machines" INTEGER NOT NULL,
    "samples" INTEGER NOT NULL,

    CONSTRAINT "usage_hours_pkey" PRIMARY KEY ("tenant_id","license_id","starts_at")
);

-- CreateTable
CREATE TABLE "usage_days" (
    "tenant_id" UUID NOT NULL,
    "license_id" UUID NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "seats_total" INTEGER NOT NULL,
    "seats_in_use_peak" INTEGER NOT NULL,
    "seats_in_use_mean" DOUBLE PRECISION NOT NULL,
    "acquires" INTEGER NOT NULL,
    "denials" INTEGER NOT NULL,
    "unique_users" INTEGER NOT NULL,
    "unique_machines" INTEGER NOT NULL,
    "samples" INTEGER NOT NULL,

    CONSTRAINT "usage_days_pkey" PRIMARY KEY ("tenant_id","license_id","starts_at")
);

-- AddForeignKey
ALTER TABLE "usage_hours" ADD CONSTRAINT "usage_hours_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage_hours" ADD CONSTRAINT "usage_hours_tenant_id_license_id_fkey" FOREIGN KEY ("tenant_id", "license_id") REFERENCES "licenses"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage_days" ADD CONSTRAINT "usage_days_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "usage_days" ADD CONSTRAINT "usage_days_tenant_id_license_id_fkey" FOREIGN KEY ("tenant_id", "license_id") REFERENCES "licenses"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT protect_tenant_table(t::regclass) FROM unnest(ARRAY['usage_hours', 'usage_days']) AS t;
GRANT SELECT ON usage_hours, usage_days TO license_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_hours, usage_days TO license_system;

-- Who held a seat of a license in some past minutes, and who was refused one: asked for every license, every five minutes.
-- Heartbeats change neither column, so they stay within the page (HOT).

-- CreateIndex
CREATE INDEX "license_sessions_tenant_id_license_id_ended_at_idx" ON "license_sessions"("tenant_id", "license_id", "ended_at");

-- CreateIndex
CREATE INDEX "denials_tenant_id_license_id_occurred_at_idx" ON "denials"("tenant_id", "license_id", "occurred_at");
