-- Accounts and the whole REST API: logins, second factor, links by e-mail, device sign-in, idempotency, data exports, and
-- the columns of the audit chain. Tables as `prisma migrate diff` writes them; then what Prisma cannot say.

-- CreateEnum
CREATE TYPE "one_time_token_purpose" AS ENUM ('password_reset', 'email_verification');

-- CreateEnum
CREATE TYPE "device_authorization_status" AS ENUM ('pending', 'approved', 'denied', 'used');

-- CreateEnum
CREATE TYPE "data_export_status" AS ENUM ('pending', 'running', 'ready', 'failed', 'expired');

-- AlterEnum
ALTER TYPE "user_status" ADD VALUE 'removed';

-- AlterTable
ALTER TABLE "audit_logs" ADD COLUMN     "actor_digest" BYTEA,
ADD COLUMN     "actor_salt" BYTEA,
ADD COLUMN     "detail_digest" BYTEA,
ADD COLUMN     "detail_salt" BYTEA,
ADD COLUMN     "erased_at" TIMESTAMPTZ(3),
ADD COLUMN     "hash" BYTEA,
ADD COLUMN     "previous_hash" BYTEA,
ADD COLUMN     "sequence" BIGINT;

-- AlterTable
ALTER TABLE "projects" ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "refresh_tokens" ADD COLUMN     "replaces" UUID;

-- AlterTable
ALTER TABLE "tenants" ADD COLUMN     "contact_email" TEXT,
ADD COLUMN     "delete_after" TIMESTAMPTZ(3),
ADD COLUMN     "require_two_factor" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "totp_enabled_at" TIMESTAMPTZ(3),
ADD COLUMN     "totp_last_step" BIGINT,
ADD COLUMN     "totp_secret" BYTEA,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "device_authorizations" (
    "id" UUID NOT NULL,
    "device_code_hash" BYTEA NOT NULL,
    "user_code" TEXT NOT NULL,
    "client_name" TEXT NOT NULL,
    "status" "device_authorization_status" NOT NULL DEFAULT 'pending',
    "interval_seconds" INTEGER NOT NULL,
    "last_polled_at" TIMESTAMPTZ(3),
    "ip" INET,
    "user_agent" TEXT,
    "approved_tenant_id" UUID,
    "approved_user_id" UUID,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "device_authorizations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "logins" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "method" TEXT NOT NULL,
    "ip" INET,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "logins_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "recovery_codes" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "recovery_codes_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "one_time_tokens" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "purpose" "one_time_token_purpose" NOT NULL,
    "email" TEXT NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "one_time_tokens_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "actor_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "applied_at" TIMESTAMPTZ(3),
    "status" INTEGER,
    "headers" JSONB,
    "body" JSONB,
    "locked_until" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "data_exports" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "requested_by" UUID NOT NULL,
    "status" "data_export_status" NOT NULL DEFAULT 'pending',
    "file_name" TEXT,
    "size_bytes" BIGINT,
    "sha256" BYTEA,
    "error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "data_exports_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "device_authorizations_device_code_hash_key" ON "device_authorizations"("device_code_hash");

-- CreateIndex
CREATE UNIQUE INDEX "device_authorizations_user_code_key" ON "device_authorizations"("user_code");

-- CreateIndex
CREATE INDEX "device_authorizations_expires_at_idx" ON "device_authorizations"("expires_at");

-- CreateIndex
CREATE INDEX "logins_tenant_id_user_id_idx" ON "logins"("tenant_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "recovery_codes_tenant_id_user_id_code_hash_key" ON "recovery_codes"("tenant_id", "user_id", "code_hash");

-- CreateIndex
CREATE INDEX "one_time_tokens_tenant_id_user_id_purpose_idx" ON "one_time_tokens"("tenant_id", "user_id", "purpose");

-- CreateIndex
CREATE UNIQUE INDEX "one_time_tokens_tenant_id_token_hash_key" ON "one_time_tokens"("tenant_id", "token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "idempotency_keys_tenant_id_actor_id_key_key" ON "idempotency_keys"("tenant_id", "actor_id", "key");

-- CreateIndex
CREATE INDEX "idempotency_keys_tenant_id_expires_at_idx" ON "idempotency_keys"("tenant_id", "expires_at");

-- CreateIndex
CREATE INDEX "audit_logs_tenant_id_sequence_idx" ON "audit_logs"("tenant_id", "sequence");

-- AddForeignKey
ALTER TABLE "logins" ADD CONSTRAINT "logins_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "logins" ADD CONSTRAINT "logins_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Refresh tokens issued so far get the login that they are a family of.
INSERT INTO "logins" ("tenant_id", "id", "user_id", "method", "ip", "user_agent", "created_at", "last_used_at", "expires_at", "revoked_at")
SELECT DISTINCT ON ("tenant_id", "family_id") "tenant_id", "family_id", "user_id", 'password', "ip", "user_agent",
  min("created_at") OVER family, max("created_at") OVER family, max("expires_at") OVER family,
  CASE WHEN bool_or("revoked_at" IS NOT NULL) OVER family THEN now() END
FROM "refresh_tokens" WINDOW family AS (PARTITION BY "tenant_id", "family_id")
ORDER BY "tenant_id", "family_id", "created_at" DESC;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_tenant_id_family_id_fkey" FOREIGN KEY ("tenant_id", "family_id") REFERENCES "logins"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "data_exports" ADD CONSTRAINT "data_exports_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "data_exports" ADD CONSTRAINT "data_exports_tenant_id_requested_by_fkey" FOREIGN KEY ("tenant_id", "requested_by") REFERENCES "users"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Isolation and grants, as for every tenant table.
SELECT protect_tenant_table(t::regclass) FROM unnest(ARRAY[
  'logins', 'recovery_codes', 'one_time_tokens', 'idempotency_keys', 'data_exports']) AS t;
GRANT SELECT, INSERT, UPDATE, DELETE ON logins, recovery_codes, one_time_tokens, idempotency_keys TO license_app;
GRANT SELECT, INSERT, UPDATE ON data_exports TO license_app;
GRANT UPDATE (slug, contact_email, require_two_factor, version) ON tenants TO license_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  logins, recovery_codes, one_time_tokens, idempotency_keys, data_exports, device_authorizations TO license_system;

ALTER TABLE tenants ADD CONSTRAINT tenants_delete_after_check CHECK (delete_after IS NULL OR status = 'closed');
CREATE INDEX tenants_delete_after_idx ON tenants (delete_after) WHERE delete_after IS NOT NULL;
