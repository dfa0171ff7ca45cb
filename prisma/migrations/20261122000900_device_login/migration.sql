-- The login that approved a device: what ends it before the device has asked leaves the device without tokens.
-- No foreign key: the table belongs to no tenant.
ALTER TABLE "device_authorizations" ADD COLUMN "approved_login_id" UUID;

-- Slugs that tenants have given up, kept for them for a while. Outlives the tenant, and is read across tenants.
CREATE TABLE "released_slugs" (
    "slug" TEXT NOT NULL,
    "former_tenant_id" UUID NOT NULL,
    "released_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "released_slugs_pkey" PRIMARY KEY ("slug")
);

GRANT SELECT, INSERT, UPDATE, DELETE ON released_slugs TO license_system;
