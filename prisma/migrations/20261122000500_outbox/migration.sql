-- The outbox is the queue that survives: Redis only tells workers where to look (decision record 0009).

-- AlterTable
ALTER TABLE "outbox" ADD COLUMN     "attempts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "available_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "dead_at" TIMESTAMPTZ(3),
ADD COLUMN     "last_error" TEXT;

-- What a relay looks for across tenants, every second: a handful of rows.
CREATE INDEX outbox_pending_idx ON outbox (tenant_id, available_at) WHERE published_at IS NULL AND dead_at IS NULL;
