import { AsyncLocalStorage } from 'node:async_hooks';
import type { Prisma } from './generated/prisma/client.js';

/** What the code running now may see. A request or a job opens it once; whoever authenticates fills in the tenant. */
export interface TenantContext {
  tenantId?: string;
  /** Runs inside every `tenantTx` of this context, last before its commit; what it throws rolls the transaction back. */
  beforeCommit?: ((tx: Prisma.TransactionClient) => Promise<void>) | undefined;
}

/** The one store of the tenant context: opened by the HTTP hook and by the job wrapper, read by the tenant pool. */
export const tenantStore = new AsyncLocalStorage<TenantContext>();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Runs `work` as a tenant. It is awaited inside on purpose: a Prisma query is lazy and would otherwise start after the
 * context has ended, and see nothing.
 */
export function runAsTenant<T>(tenantId: string, work: () => PromiseLike<T>): Promise<T> {
  return tenantStore.run({ tenantId }, async () => await work());
}

/** The tenant of the running code; '' when there is none, which row level security answers with no rows.
 *  @throws Error if the context holds something that is not a UUID: nothing else ever reaches SQL text. */
export function currentTenantId(): string {
  const tenantId = tenantStore.getStore()?.tenantId ?? '';
  if (tenantId !== '' && !UUID.test(tenantId)) throw new Error('the tenant id in the context is not a uuid');
  return tenantId;
}
