-- Whoever signs in names a person, not a tenant: these look across tenants (decision record 0012).

-- CreateIndex
CREATE INDEX "users_email_tenant_id_idx" ON "users"("email", "tenant_id");

-- CreateIndex
CREATE INDEX "identities_provider_subject_tenant_id_idx" ON "identities"("provider", "subject", "tenant_id");

-- CreateIndex
CREATE INDEX "invitations_email_tenant_id_idx" ON "invitations"("email", "tenant_id");
