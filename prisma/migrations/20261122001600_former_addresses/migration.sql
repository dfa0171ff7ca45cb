-- The e-mail addresses that people had, each until when: who is erased is to be erased with all of them. In the place of the
-- one address of `audit_erasures`: a process of the release before cannot erase until it is replaced.

-- CreateTable
CREATE TABLE "former_addresses" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "former_addresses_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "former_addresses_tenant_id_user_id_idx" ON "former_addresses"("tenant_id", "user_id");

-- AddForeignKey
ALTER TABLE "former_addresses" ADD CONSTRAINT "former_addresses_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "former_addresses" ADD CONSTRAINT "former_addresses_tenant_id_user_id_fkey" FOREIGN KEY ("tenant_id", "user_id") REFERENCES "users"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Isolation and grants, as for every tenant table.
SELECT protect_tenant_table('former_addresses');
GRANT SELECT, INSERT ON former_addresses TO license_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON former_addresses TO license_system;

-- What is known of the time before: of those who changed their address or were removed, the audit entries tell it, and of
-- those who are being erased the record of that.
INSERT INTO former_addresses (tenant_id, id, user_id, email, until)
SELECT u.tenant_id, gen_random_uuid(), u.id, a.before->>'email', a.occurred_at
FROM audit_logs a JOIN users u ON u.tenant_id = a.tenant_id AND u.id::text = a.resource_id
WHERE a.resource_type = 'user' AND a.action IN ('user.email_changed', 'user.removed') AND a.before->>'email' IS NOT NULL
UNION ALL
SELECT u.tenant_id, gen_random_uuid(), u.id, e.email, e.requested_at
FROM audit_erasures e JOIN users u ON u.tenant_id = e.tenant_id AND u.id = e.user_id
WHERE e.email IS NOT NULL;

-- AlterTable
ALTER TABLE "audit_erasures" DROP COLUMN "email";
