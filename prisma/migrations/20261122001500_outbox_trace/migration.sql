-- Which request a message is of, so that its trace and that of the worker's job are linked.

-- AlterTable
ALTER TABLE "outbox" ADD COLUMN "traceparent" TEXT;
