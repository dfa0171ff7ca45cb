import { AsyncLocalStorage } from 'node:async_hooks';
import { currentTenantId, tenantStore } from './tenant-context.js';

/** What Prisma calls with a query. The parts of its client that its types leave out; Prisma is pinned because of them. */
interface Loaders {
  batchBy: (query: object) => string | undefined;
  singleLoader: (query: object) => Promise<unknown>;
  batchLoader: (queries: object[]) => Promise<unknown>;
}
interface Internals {
  _requestHandler?: { dataloader?: { options?: Loaders } };
}

/**
 * Makes each query of a Prisma client run in the context it was made in. Prisma collects the findUnique queries and the
 * `$transaction([…])` lists of one tick, and sends all of them when the tick is over: in the context of whoever came first,
 * and several findUnique as one. Without this, what two tenants ask for in the same tick is asked for as the first of
 * them (decision record 0007).
 * @throws Error when Prisma is no longer built like that
 */
export function keepQueryContext(client: object): void {
  const options = (client as Internals)._requestHandler?.dataloader?.options;
  if (!options?.batchBy || !options.singleLoader || !options.batchLoader)
    throw new Error('this release of Prisma collects queries in another way: see decision record 0007');
  const { batchBy, singleLoader, batchLoader } = options;
  const contexts = new WeakMap<object, ReturnType<typeof AsyncLocalStorage.snapshot>>();
  const inContextOf = <T>(query: object | undefined, run: () => T): T => {
    const context = query && contexts.get(query);
    return context ? context(run) : tenantStore.exit(run);
  };
  options.batchBy = (query) => {
    contexts.set(query, AsyncLocalStorage.snapshot()); // of the tenant, and of the trace
    const batch = batchBy(query);
    return batch && `${currentTenantId()} ${batch}`;
  };
  options.singleLoader = (query) => inContextOf(query, () => singleLoader(query));
  options.batchLoader = (queries) => inContextOf(queries[0], () => batchLoader(queries));
}
