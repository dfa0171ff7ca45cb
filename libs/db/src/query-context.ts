import { AsyncLocalStorage } from 'node:async_hooks';
import { currentTenantId, tenantStore } from './tenant-context.js';

/** The parts of Prisma's client that collect queries. Its types leave them out; Prisma is pinned because of them. */
interface Loaders {
  batchBy: (query: object) => string | undefined;
  singleLoader: (query: object) => Promise<unknown>;
  batchLoader: (queries: object[]) => Promise<unknown>;
}
interface Internals {
  _requestHandler?: { dataloader?: { options?: Loaders } };
}

/**
 * Makes each query of a Prisma client run in the context in which it was made. Prisma collects the findUnique queries and
 * `$transaction([…])` lists of one tick and sends them when the tick is over, in the context of the first of them. It also
 * merges several findUnique queries into one. Without this wrapper, the queries of two tenants in one tick would all run
 * as the first tenant (decision record 0007).
 * @throws Error if Prisma's internals have changed
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
    contexts.set(query, AsyncLocalStorage.snapshot()); // holds the tenant and the trace
    const batch = batchBy(query);
    return batch && `${currentTenantId()} ${batch}`;
  };
  options.singleLoader = (query) => inContextOf(query, () => singleLoader(query));
  options.batchLoader = (queries) => inContextOf(queries[0], () => batchLoader(queries));
}
