import { AsyncLocalStorage } from 'node:async_hooks';
import type { Prisma } from './generated/prisma/client.js';

/** What the running code may see. A request or a job opens it once. The tenant is set when the caller is known. */
export interface TenantContext {
  tenantId?: string;
  /** Runs at the end of every `tenantTx` of this context, before its commit. An error rolls the transaction back. */
  beforeCommit?: ((tx: Prisma.TransactionClient) => Promise<void>) | undefined;
}

/** The only store of the tenant context. The HTTP hook and the job wrapper open it; the tenant pool reads it. */
export const tenantStore = new AsyncLocalStorage<TenantContext>();

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Runs `work` as a tenant. The result is awaited inside on purpose: a Prisma query is lazy and would otherwise start after
 * the context has ended, and see nothing.
 */
export function runAsTenant<T>(tenantId: string, work: () => PromiseLike<T>): Promise<T> {
  return tenantStore.run({ tenantId }, async () => await work());
}

/** Returns the tenant of the running code, or '' without one; row level security then returns no rows.
 *  @throws Error if the context holds anything but a UUID: nothing else may reach SQL text */
export function currentTenantId(): string {
  const tenantId = tenantStore.getStore()?.tenantId ?? '';
  if (tenantId !== '' && !UUID.test(tenantId)) throw new Error('the tenant id in the context is not a uuid');
  return tenantId;
}
