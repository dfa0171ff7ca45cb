-- Support asks for what one request did: a request id finds its entries without a look at all of the organization's.

-- CreateIndex
CREATE INDEX "audit_logs_tenant_id_request_id_idx" ON "audit_logs"("tenant_id", "request_id");
