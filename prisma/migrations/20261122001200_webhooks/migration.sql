-- Events and outgoing webhooks (docs/webhooks.md). Events are made of audit entries and denials after their commit, so that
-- no use case writes anything for them.

-- CreateEnum
CREATE TYPE "webhook_status" AS ENUM ('enabled', 'disabled');

-- CreateEnum
CREATE TYPE "webhook_delivery_status" AS ENUM ('pending', 'succeeded', 'failed', 'skipped');

-- AlterTable
ALTER TABLE "denials" ADD COLUMN     "event_recorded_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "event_logs" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "audit_sealed" BIGINT NOT NULL DEFAULT 0,
    "audit_recorded" BIGINT NOT NULL DEFAULT 0,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "event_logs_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "events" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "resource_type" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "event_types" TEXT[],
    "secret" TEXT NOT NULL,
    "previous_secret" TEXT,
    "previous_secret_until" TIMESTAMPTZ(3),
    "status" "webhook_status" NOT NULL DEFAULT 'enabled',
    "disabled_reason" TEXT,
    "disabled_at" TIMESTAMPTZ(3),
    "consecutive_failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "event_type" TEXT NOT NULL,
    "resource_type" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "status" "webhook_delivery_status" NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_until" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "webhook_attempts" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "attempted_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "status_code" INTEGER,
    "error" TEXT,
    "body" TEXT,

    CONSTRAINT "webhook_attempts_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "event_logs_tenant_id_key" ON "event_logs"("tenant_id");

-- CreateIndex
CREATE INDEX "events_tenant_id_occurred_at_idx" ON "events"("tenant_id", "occurred_at");

-- CreateIndex
CREATE UNIQUE INDEX "events_tenant_id_sequence_key" ON "events"("tenant_id", "sequence");

-- CreateIndex
CREATE INDEX "webhook_deliveries_tenant_id_event_id_idx" ON "webhook_deliveries"("tenant_id", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_tenant_id_endpoint_id_sequence_key" ON "webhook_deliveries"("tenant_id", "endpoint_id", "sequence");

-- CreateIndex
CREATE INDEX "webhook_attempts_tenant_id_delivery_id_attempted_at_idx" ON "webhook_attempts"("tenant_id", "delivery_id", "attempted_at");

-- AddForeignKey
ALTER TABLE "event_logs" ADD CONSTRAINT "event_logs_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "events" ADD CONSTRAINT "events_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_endpoint_id_fkey" FOREIGN KEY ("tenant_id", "endpoint_id") REFERENCES "webhook_endpoints"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_event_id_fkey" FOREIGN KEY ("tenant_id", "event_id") REFERENCES "events"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_attempts" ADD CONSTRAINT "webhook_attempts_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_attempts" ADD CONSTRAINT "webhook_attempts_tenant_id_delivery_id_fkey" FOREIGN KEY ("tenant_id", "delivery_id") REFERENCES "webhook_deliveries"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;



-- Isolation and grants, as for every tenant table. A tenant's events are made by the worker only.
SELECT protect_tenant_table(t::regclass) FROM unnest(ARRAY[
  'event_logs', 'events', 'webhook_endpoints', 'webhook_deliveries', 'webhook_attempts']) AS t;
GRANT SELECT ON event_logs, events TO license_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO license_app;
GRANT SELECT, INSERT, UPDATE ON webhook_deliveries TO license_app;
GRANT SELECT, INSERT ON webhook_attempts TO license_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  event_logs, events, webhook_endpoints, webhook_deliveries, webhook_attempts TO license_system;

-- What is left to do across tenants: nearly empty whenever the worker keeps up.
CREATE INDEX event_logs_behind_idx ON event_logs (tenant_id) WHERE audit_recorded < audit_sealed;
CREATE INDEX denials_unrecorded_idx ON denials (tenant_id, occurred_at, id) WHERE event_recorded_at IS NULL;
-- What is due, and whether an older event of the same resource is still under way.
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (tenant_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_order_idx ON webhook_deliveries (tenant_id, endpoint_id, resource_type, resource_id, sequence)
  WHERE status = 'pending';
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_disabled_check
  CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL));

-- What happened until now is history, and nobody waits for it.
INSERT INTO event_logs (tenant_id, id, audit_sealed, audit_recorded)
SELECT tenant_id, gen_random_uuid(), max(sequence), max(sequence) FROM audit_logs WHERE sequence IS NOT NULL GROUP BY tenant_id;
UPDATE denials SET event_recorded_at = occurred_at;
