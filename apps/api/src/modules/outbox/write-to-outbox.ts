import type { Tx } from '@coditect/db/database';
import type { Prisma } from '@coditect/db/generated/prisma/client';
import { currentTraceparent } from '#platform/observability/tracing';

/** Writes a message in the transaction of a use case. The worker handles it after the commit (decision record 0009). */
export async function writeToOutbox(
  tx: Tx,
  tenantId: string,
  message: { topic: string; payload: Prisma.InputJsonObject },
): Promise<void> {
  await tx.outboxMessage.create({ data: { tenantId, ...message, traceparent: currentTraceparent() ?? null } });
}
