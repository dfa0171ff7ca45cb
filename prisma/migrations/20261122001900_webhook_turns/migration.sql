-- What a worker looks for each second costs as much as there are endpoints with something due, however much waits behind
-- it (docs/webhooks.md).

-- AlterTable
ALTER TABLE "webhook_deliveries" ADD COLUMN     "waiting" BOOLEAN NOT NULL DEFAULT false;

-- Those that wait already. Workers of the release before free nobody when they are done: what they leave waiting is freed
-- within the hour.
UPDATE webhook_deliveries d SET waiting = true WHERE status = 'pending' AND EXISTS (
  SELECT FROM webhook_deliveries older
  WHERE older.tenant_id = d.tenant_id AND older.endpoint_id = d.endpoint_id AND older.status = 'pending'
    AND older.resource_type = d.resource_type AND older.resource_id = d.resource_id AND older.sequence < d.sequence);

-- Whose turn it is at each endpoint, and what is under way.
DROP INDEX webhook_deliveries_due_idx;
CREATE INDEX webhook_deliveries_turn_idx ON webhook_deliveries (tenant_id, endpoint_id, next_attempt_at, sequence)
  WHERE status = 'pending' AND NOT waiting;
CREATE INDEX webhook_deliveries_claimed_idx ON webhook_deliveries (tenant_id, endpoint_id, claimed_until)
  WHERE status = 'pending' AND claimed_until IS NOT NULL;

-- A deleted endpoint is hidden at once; the worker deletes its deliveries, however many there are.
-- AlterTable
ALTER TABLE "webhook_endpoints" ADD COLUMN     "deleted_at" TIMESTAMPTZ(3);

CREATE INDEX webhook_endpoints_deleted_idx ON webhook_endpoints (tenant_id, id) WHERE deleted_at IS NOT NULL;
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_deleted_check CHECK (deleted_at IS NULL OR status = 'disabled');
